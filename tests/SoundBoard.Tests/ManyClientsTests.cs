using System.Net;
using AudioCraft.Tests;
using static TorchSharp.torch;

namespace SoundBoard.Tests;

public sealed class ManyClientsTests(BoardServer server) : IClassFixture<BoardServer>
{
    [Fact]
    public async Task Thirty_two_concurrent_clients_leave_no_native_memory()
    {
        using (var warm = await server.CreateClient().Generate("""{"prompt":"rain","seconds":1}"""))
        {
            await warm.BytesAsync("audio/wav");
        }

        using (var warm = await server.CreateClient().Send("/v1/encode", Wav.Tone(1)))
        {
            await warm.BytesAsync("application/octet-stream");
        }

        var before = LiveTensors.Count();
        await Task.WhenAll(Enumerable.Range(0, 32).Select(Visit));
        await SettledAsync(before);
    }

    [Fact]
    public async Task Disconnected_client_frees_the_model()
    {
        using var client = server.CreateClient();
        using (var warm = await client.Generate("""{"prompt":"rain","seconds":1}"""))
        {
            await warm.BytesAsync("audio/wav");
        }

        var before = LiveTensors.Count();
        for (var i = 0; i < 5; i++)
        {
            using var leaving = new CancellationTokenSource();
            using var response = await client.Generate($$"""{"prompt":"wind","seconds":6,"seed":{{i}}}""", leaving.Token);
            await using var body = await response.Content.ReadAsStreamAsync(leaving.Token);
            await body.ReadExactlyAsync(new byte[44], leaving.Token);
            await leaving.CancelAsync();
        }

        using var next = await client.Generate("""{"prompt":"rain","seconds":1}""");
        Assert.Equal(16000, Wav.Read(await next.BytesAsync("audio/wav")).Frames);
        await SettledAsync(before);
    }

    [Fact]
    public async Task Page_and_model_endpoint_are_served()
    {
        using var client = server.CreateClient();
        var page = await client.GetStringAsync(new Uri("/", UriKind.Relative));
        Assert.Contains("<title>SoundBoard</title>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
        using var script = await client.GetAsync(new Uri("/js/app.js", UriKind.Relative));
        Assert.Equal("text/javascript", script.Content.Headers.ContentType?.MediaType);
        Assert.Contains("default-src 'self'", script.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        using var health = await client.GetAsync(new Uri("/healthz", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        var model = await client.GetStringAsync(new Uri("/v1/model", UriKind.Relative));
        Assert.Contains("\"name\":\"audiogen-tiny\"", model, StringComparison.Ordinal);
        Assert.Contains("\"maxSeconds\":6", model, StringComparison.Ordinal);
    }

    // Every fourth client uploads a file, every fourth disconnects early, the others generate audio.
    private async Task Visit(int number)
    {
        using var client = server.CreateClient();
        if (number % 4 == 0)
        {
            using var encoded = await client.Send($"/v1/encode?codebooks={1 + (number / 4 % 4)}", Wav.Tone(1));
            using var decoded = await client.Send("/v1/decode", await encoded.BytesAsync("application/octet-stream"), "application/octet-stream");
            Assert.Equal(16000, Wav.Read(await decoded.BytesAsync("audio/wav")).Frames);
            return;
        }

        using var leaving = new CancellationTokenSource();
        using var response = await client.Generate($$"""{"prompt":"a bird","seconds":1,"seed":{{number}}}""", leaving.Token);
        if (number % 4 == 1)
        {
            await leaving.CancelAsync();
            return;
        }

        Assert.Equal(16000, Wav.Read(await response.BytesAsync("audio/wav")).Frames);
    }

    // Canceled requests are disposed shortly after, on another thread.
    private static async Task SettledAsync(long expected)
    {
        for (var i = 0; i < 600 && Tensor.TotalCount != expected; i++)
        {
            await Task.Delay(100);
        }

        Assert.Equal(expected, Tensor.TotalCount);
    }
}
