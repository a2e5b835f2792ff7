using System.Net;

namespace SoundBoard.Tests;

public sealed class LimitTests
{
    [Fact]
    public async Task Rate_limit_returns_429_with_Retry_After()
    {
        await using var server = new BoardServer().With("GenerationsPerMinute", "2").With("ConversionsPerMinute", "1");
        using var client = server.CreateClient();
        for (var i = 0; i < 2; i++)
        {
            using var taken = await client.Generate("""{"prompt":""}""");
            await taken.RefusedAsync(400, "empty");
        }

        using var refused = await client.Generate("""{"prompt":"rain"}""");
        await refused.RefusedAsync(429, "requests of one client");
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);

        using var other = await client.Send("/v1/convert?to=flac", Wav.Tone(0.1));
        await other.BytesAsync("audio/flac");
        using var again = await client.Send("/v1/convert?to=flac", Wav.Tone(0.1));
        await again.RefusedAsync(429, "requests of one client");
    }

    [Fact]
    public async Task Concurrent_requests_per_client_are_limited()
    {
        await using var server = new BoardServer().With("RequestsAtOnce", "1");
        using var client = server.CreateClient();
        using var first = await client.Generate("""{"prompt":"rain","seconds":6}""");
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        using var second = await client.Generate("""{"prompt":"wind","seconds":1}""");
        await second.RefusedAsync(429, "requests of one client");
        await first.BytesAsync("audio/wav");
    }

    [Fact]
    public async Task Full_queue_returns_429_with_Retry_After()
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

    [Fact]
    public async Task Flood_of_one_client_does_not_reject_another()
    {
        await using var server = new BoardServer().With("MaxQueueLength", "4").With("Proxies:0", "192.0.2.1").From("192.0.2.1");
        using var flood = server.CreateClient();
        flood.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.1");
        var answers = Enumerable.Range(0, 12).Select(i => flood.Generate($$"""{"prompt":"rain","seconds":6,"guidance":{{i % 4}}}""")).ToList();

        // The first rejection shows that the queue is full.
        var rejected = await await Task.WhenAny(answers.Select(async answer => (await answer).StatusCode == HttpStatusCode.TooManyRequests ? await answer : await Never()));
        Assert.Equal(HttpStatusCode.TooManyRequests, rejected.StatusCode);

        using var good = server.CreateClient();
        good.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.2");
        using var served = await good.Generate("""{"prompt":"a dog barking","seconds":1}""");
        Assert.Equal(16000, Wav.Read(await served.BytesAsync("audio/wav")).Frames);
        foreach (var answer in await Task.WhenAll(answers))
        {
            answer.Dispose();
        }

        static async Task<HttpResponseMessage> Never()
        {
            await Task.Delay(Timeout.Infinite);
            throw new System.Diagnostics.UnreachableException();
        }
    }

    [Fact]
    public async Task Parallel_uploads_are_converted_one_after_another()
    {
        await using var server = new BoardServer().With("ConversionsAtOnce", "1");
        using var client = server.CreateClient();
        var tone = Wav.Tone(4, 44100, 2);
        var answers = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => client.Send(i % 2 == 0 ? "/v1/convert?to=wav" : "/v1/encode", tone)));
        foreach (var (i, answer) in answers.Index())
        {
            var bytes = await answer.BytesAsync(i % 2 == 0 ? "audio/wav" : "application/octet-stream");
            Assert.Equal(i % 2 == 0, tone.SequenceEqual(bytes));
            answer.Dispose();
        }
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8:1:2:3::4", "20010DB800010002")]
    [InlineData("2001:db8:1:2:9::9", "20010DB800010002")]
    public void Client_key_is_an_address_or_an_IPv6_network(string address, string client) => Assert.Equal(client, RateLimits.ClientOf(IPAddress.Parse(address)));

    [Fact]
    public async Task Failed_loading_is_reported_and_the_page_still_works()
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
    public async Task Invalid_limits_prevent_the_start()
    {
        await using var server = new BoardServer().With("MaxSeconds", "-1");
        var error = Assert.ThrowsAny<Exception>(() => server.CreateClient());
        Assert.Contains("MaxSeconds", error.ToString(), StringComparison.Ordinal);
    }
}
