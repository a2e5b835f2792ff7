using System.Net;

namespace SoundBoard.Tests;

public sealed class LimitTests
{
    [Fact]
    public async Task Who_asks_too_often_is_told_when_to_come_again()
    {
        await using var server = new BoardServer().With("GenerationsPerMinute", "2").With("ConversionsPerMinute", "1");
        using var client = server.CreateClient();
        for (var i = 0; i < 2; i++)
        {
            using var taken = await client.Generate("""{"prompt":""}""");
            await taken.RefusedAsync(400, "empty");
        }

        using var refused = await client.Generate("""{"prompt":"rain"}""");
        await refused.RefusedAsync(429, "more than one client");
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);

        using var other = await client.Send("/v1/convert?to=flac", Wav.Tone(0.1));
        await other.BytesAsync("audio/flac");
        using var again = await client.Send("/v1/convert?to=flac", Wav.Tone(0.1));
        await again.RefusedAsync(429, "more than one client");
    }

    [Fact]
    public async Task One_client_has_so_many_requests_at_a_time_and_no_more()
    {
        await using var server = new BoardServer().With("RequestsAtOnce", "1");
        using var client = server.CreateClient();
        using var first = await client.Generate("""{"prompt":"rain","seconds":6}""");
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        using var second = await client.Generate("""{"prompt":"wind","seconds":1}""");
        await second.RefusedAsync(429, "more than one client");
        await first.BytesAsync("audio/wav");
    }

    [Fact]
    public async Task A_full_queue_refuses_with_a_time_to_wait()
    {
        await using var server = new BoardServer().With("MaxQueueLength", "1");
        using var client = server.CreateClient();
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => client.Generate($$"""{"prompt":"rain","seconds":6,"guidance":{{i % 4}}}""")));
        var refused = answers.Where(answer => answer.StatusCode == HttpStatusCode.TooManyRequests).ToList();
        Assert.NotEmpty(refused);
        Assert.All(refused, answer => Assert.True(answer.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1)));
        Assert.Contains(answers, answer => answer.IsSuccessStatusCode);
        foreach (var answer in answers)
        {
            answer.Dispose();
        }
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8:1:2:3::4", "20010DB800010002")]
    [InlineData("2001:db8:1:2:9::9", "20010DB800010002")]
    public void A_client_is_an_address_or_a_network_of_IPv6(string address, string client) => Assert.Equal(client, RateLimits.ClientOf(IPAddress.Parse(address)));

    [Fact]
    public async Task A_model_that_cannot_be_loaded_is_told_and_the_page_is_there_all_the_same()
    {
        await using var server = new BoardServer().With("Model", "./there/is/no/such/model");
        using var client = server.CreateClient();
        using var refused = await client.Generate("""{"prompt":"rain"}""");
        await refused.RefusedAsync(503, "model");
        using var health = await client.GetAsync(new Uri("/healthz", UriKind.Relative));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        var model = await client.GetStringAsync(new Uri("/v1/model", UriKind.Relative));
        Assert.Contains("\"state\":\"Failed\"", model, StringComparison.Ordinal);
        Assert.Contains("<title>SoundBoard</title>", await client.GetStringAsync(new Uri("/", UriKind.Relative)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limit_that_makes_no_sense_keeps_the_program_from_starting()
    {
        await using var server = new BoardServer().With("MaxSeconds", "-1");
        var error = Assert.ThrowsAny<Exception>(() => server.CreateClient());
        Assert.Contains("MaxSeconds", error.ToString(), StringComparison.Ordinal);
    }
}
