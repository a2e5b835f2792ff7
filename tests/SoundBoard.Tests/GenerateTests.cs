using System.Text;
using System.Text.Json;

namespace SoundBoard.Tests;

public sealed class GenerateTests(BoardServer server) : IClassFixture<BoardServer>
{
    private readonly HttpClient client = server.CreateClient();

    [Fact]
    public async Task Generate_returns_a_WAV_file_of_the_requested_length()
    {
        using var response = await client.Generate("""{"prompt":"a dog barking","seconds":1,"seed":3}""");
        var file = await response.BytesAsync("audio/wav");
        Assert.Equal((16000, 1, 16000), Wav.Read(file));
        Assert.Equal(file.Length, response.Content.Headers.ContentLength);
        Assert.Equal("3", Assert.Single(response.Headers.GetValues("AudioCraft-Seed")));
    }

    [Theory]
    [InlineData("0.5")]
    [InlineData("0.57")]
    [InlineData("5.5")]
    public async Task Content_length_matches_the_body(string seconds)
    {
        using var response = await client.Generate($$"""{"prompt":"rain","seconds":{{seconds}}}""");
        var file = await response.BytesAsync("audio/wav");
        Assert.Equal(file.Length, response.Content.Headers.ContentLength);
        Assert.Equal((file.Length - 44) / 2, Wav.Read(file).Frames);
    }

    [Fact]
    public async Task Same_seed_gives_the_same_audio()
    {
        var sounds = new List<byte[]>();
        foreach (var seed in new[] { 5, 5, 6 })
        {
            using var response = await client.Generate($$"""{"prompt":"a siren","seconds":1,"seed":{{seed}}}""");
            sounds.Add(await response.BytesAsync("audio/wav"));
        }

        Assert.Equal(sounds[0], sounds[1]);
        Assert.NotEqual(sounds[0], sounds[2]);
    }

    [Fact]
    public async Task Audio_is_sent_while_the_rest_is_generated()
    {
        using var response = await client.Generate("""{"prompt":"wind","seconds":6,"seed":1}""");
        await using var body = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[1 << 20];
        var first = await body.ReadAtLeastAsync(buffer, 45, throwOnEndOfStream: false);
        Assert.InRange(first, 45, (int)response.Content.Headers.ContentLength! - 1);
        while (await body.ReadAsync(buffer) is var read and > 0)
        {
            first += read;
        }

        Assert.Equal(response.Content.Headers.ContentLength, first);
    }

    [Theory]
    [InlineData("""{"seconds":1}""", "prompt is empty")]
    [InlineData("""{"prompt":"  "}""", "prompt is empty")]
    [InlineData("""{"prompt":null}""", "prompt is empty")]
    [InlineData("""{"prompt":"rain","seed":-1}""", "'seed' is -1")]
    [InlineData("""{"prompt":"rain","seed":9007199254740992}""", "'seed' is 9007199254740992")]
    [InlineData("""{"prompt":"rain","seed":1e30}""", "$.seed")]
    [InlineData("""{"prompt":"rain","seed":1.5}""", "$.seed")]
    [InlineData("""{"prompt":"rain","seconds":0}""", "'seconds' is 0")]
    [InlineData("""{"prompt":"rain","seconds":-5}""", "'seconds' is -5")]
    [InlineData("""{"prompt":"rain","seconds":6.5}""", "0.5 to 6")]
    [InlineData("""{"prompt":"rain","seconds":1e300}""", "'seconds'")]
    [InlineData("""{"prompt":"rain","seconds":"NaN"}""", "$.seconds")]
    [InlineData("""{"prompt":"rain","seconds":"5"}""", "$.seconds")]
    [InlineData("""{"prompt":"rain","guidance":11}""", "'guidance' is 11")]
    [InlineData("""{"prompt":"rain","guidance":-1}""", "'guidance' is -1")]
    [InlineData("""{"prompt":["rain"]}""", "$.prompt")]
    [InlineData("""{"prompt":"rain","temperature":9}""", "$.temperature")]
    [InlineData("""{"prompt":"rain","prompt":"wind"}""", "cannot be read")]
    [InlineData("""{"prompt":"rain" """, "cannot be read")]
    [InlineData("""[[[[[[[[[[[[[[""", "cannot be read")]
    [InlineData("null", "")]
    [InlineData("", "")]
    public async Task Invalid_requests_are_rejected_with_a_reason(string json, string words)
    {
        using var response = await client.Generate(json);
        await response.RefusedAsync(400, words);
    }

    [Fact]
    public async Task Too_long_prompt_is_rejected()
    {
        using var response = await client.Generate(JsonSerializer.Serialize(new { prompt = new string('a', 81) }));
        await response.RefusedAsync(400, "81 characters");
    }

    [Theory]
    [InlineData("\\u0000\\u0001\\ud83d\\ude00")]
    [InlineData("\\ud800")]
    [InlineData("<script>alert(1)</script> '; DROP TABLE sounds; --")]
    public async Task Unusual_characters_are_accepted_or_rejected(string prompt)
    {
        using var response = await client.Generate($$"""{"prompt":"{{prompt}}","seconds":0.5}""");
        Assert.True((int)response.StatusCode is 200 or 400, $"{response.StatusCode}");
        if (response.IsSuccessStatusCode)
        {
            Assert.Equal(8000, Wav.Read(await response.BytesAsync("audio/wav")).Frames);
        }
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task Bodies_that_are_not_JSON_are_rejected(string? type)
    {
        using var response = await client.Send("/v1/generate", Encoding.UTF8.GetBytes("""{"prompt":"rain"}"""), type);
        await response.RefusedAsync(415, "");
    }

    [Fact]
    public async Task Unknown_paths_return_a_problem()
    {
        using var missing = await client.GetAsync(new Uri("/v1/nothing", UriKind.Relative));
        await missing.RefusedAsync(404, "/v1/nothing");
        using var wrong = await client.GetAsync(new Uri("/v1/generate", UriKind.Relative));
        await wrong.RefusedAsync(405, "GET");
    }
}
