using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;

namespace SoundBoard.Tests;

/// <summary>Malformed and hostile requests: each gets a status below 500, a problem as its body, and the security headers.</summary>
public sealed class HttpTests(BoardServer server) : IClassFixture<BoardServer>
{
    private static readonly string[] Posts = ["/v1/generate", "/v1/encode", "/v1/decode", "/v1/convert?to=wav", "/v1/convert?to=flac"];

    private readonly HttpClient client = server.CreateClient();

    public static TheoryData<string> Types() =>
    [
        "", ";", "/", "audio", "audio/", "audio/wav; charset=bogus", "audio/wav;;;", "application/json; charset=bogus", "application/json; charset=\"\"", "application/json; charset=utf-16",
        "application/json; charset=utf-7", "application/json;charset", "application/octet-stream; charset=bogus", "multipart/form-data", "multipart/form-data; boundary=",
        "multipart/form-data; boundary=x", "multipart/mixed; boundary=\"" + new string('b', 500) + "\"", "application/x-www-form-urlencoded", "text/plain; charset=iso-8859-1", "*/*",
        "audio/wav, audio/flac", "application/problem+json", new string('a', 2000) + "/b", "text/\u00e4\u00f6",
    ];

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Content_types_never_cause_a_server_error(string type)
    {
        byte[][] bodies = [[], "{}"u8.ToArray(), """{"prompt":"rain","seconds":0.5}"""u8.ToArray(), "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\u001b[31m.wav\"\r\n\r\nabc"u8.ToArray(), Wav.Tone(0.1)];
        foreach (var path in Posts)
        {
            foreach (var body in bodies)
            {
                using var content = new ByteArrayContent(body);
                content.Headers.TryAddWithoutValidation("Content-Type", type);
                using var response = await client.PostAsync(new Uri(path, UriKind.Relative), content);
                await CheckAsync(response, $"{path} with {type}");
            }
        }
    }

    [Theory]
    [InlineData("application/json; charset=bogus")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("multipart/form-data; boundary=x")]
    public async Task Json_in_another_encoding_or_type_is_rejected(string type)
    {
        using var response = await client.Send("/v1/generate", """{"prompt":"rain"}"""u8.ToArray(), type);
        await response.RefusedAsync(415, "UTF-8");
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/json; charset=\"UTF-8\"")]
    public async Task Json_in_UTF8_is_accepted(string type)
    {
        using var response = await client.Send("/v1/generate", """{"prompt":"rain","seconds":0.5}"""u8.ToArray(), type);
        await response.BytesAsync("audio/wav");
    }

    [Fact]
    public async Task Large_JSON_is_rejected()
    {
        using var response = await client.Generate($$"""{"prompt":"{{new string('a', 70_000)}}"}""");
        await response.RefusedAsync(413, "bytes");
    }

    [Fact]
    public async Task Random_bodies_never_cause_a_server_error()
    {
        using var encoded = await client.Send("/v1/encode", Wav.Tone(0.3));
        using var packed = await client.Send("/v1/convert?to=flac", Wav.Tone(0.3));
        byte[][] seeds =
        [
            """{"prompt":"rain","seconds":0.5,"guidance":3,"seed":7}"""u8.ToArray(), Wav.Tone(0.3), Wav.Tone(0.1, 44100, 2),
            await encoded.BytesAsync("application/octet-stream"), await packed.BytesAsync("audio/flac"),
        ];
        var random = new Random(20261127);
        for (var round = 0; round < 150; round++)
        {
            var body = Mutated(seeds[round % seeds.Length], random);
            foreach (var path in Posts)
            {
                using var response = await client.Send(path, body, path == "/v1/generate" ? "application/json" : "application/octet-stream");
                await CheckAsync(response, $"round {round} to {path}");
            }
        }
    }

    [Theory]
    [InlineData(11025)]
    [InlineData(44099)]
    [InlineData(47999)]
    [InlineData(65537)]
    [InlineData(96001)]
    [InlineData(191999)]
    [InlineData(192000)]
    [InlineData(192001)]
    [InlineData(384000)]
    [InlineData(705600)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(int.MaxValue)]
    public async Task Sample_rates_are_converted_or_rejected(int rate)
    {
        var file = Wav.File(new byte[4000], rate, 1);
        foreach (var path in Posts.Where(path => path.StartsWith("/v1/convert", StringComparison.Ordinal)).Append("/v1/encode"))
        {
            using var response = await client.Send(path, file);
            await CheckAsync(response, $"{rate} Hz to {path}");
            if (rate is < 4000 or > 192000)
            {
                await response.RefusedAsync(400, "rate");
            }
            else if (!path.EndsWith("flac", StringComparison.Ordinal))
            {
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            }
        }
    }

    [Theory]
    [InlineData("GET", "/nothing")]
    [InlineData("GET", "/v1/nothing")]
    [InlineData("GET", "/js/%2e%2e/%2e%2e/appsettings.json")]
    [InlineData("GET", "/..%5cappsettings.json")]
    [InlineData("GET", "/appsettings.json")]
    [InlineData("GET", "/%1b%5b31m")]
    [InlineData("GET", "/v1/kinds?prompt=%1b%00%ff")]
    [InlineData("GET", "/v1/encode")]
    [InlineData("PUT", "/v1/generate")]
    [InlineData("DELETE", "/")]
    [InlineData("OPTIONS", "/v1/generate")]
    [InlineData("TRACE", "/v1/model")]
    [InlineData("PATCH", "/healthz")]
    [InlineData("HEAD", "/v1/model")]
    [InlineData("BOGUS", "/v1/model")]
    [InlineData("POST", "/v1/encode?codebooks=1&codebooks=2")]
    [InlineData("POST", "/v1/encode?codebooks=%00")]
    [InlineData("POST", "/v1/encode?codebooks=1e9")]
    [InlineData("POST", "/v1/convert?to=%1b%5b31mred")]
    [InlineData("POST", "/v1/convert?to=wav&to=flac")]
    [InlineData("POST", "/v1/convert")]
    [InlineData("POST", "/v1/generate?prompt=%ff%fe")]
    public async Task Paths_methods_and_queries_never_cause_a_server_error(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        if (method == "POST")
        {
            request.Content = new ByteArrayContent(Wav.Tone(0.1));
            request.Content.Headers.ContentType = new("audio/wav");
        }

        using var response = await client.SendAsync(request);
        await CheckAsync(response, $"{method} {path}");
    }

    [Theory]
    [InlineData("Range", "bytes=99999999-")]
    [InlineData("Range", "bytes=-1,5-2,x")]
    [InlineData("If-Modified-Since", "yesterday")]
    [InlineData("If-None-Match", "\"\u001b")]
    [InlineData("Accept", "image/png")]
    [InlineData("Accept", "????")]
    [InlineData("Accept-Encoding", "bogus")]
    [InlineData("Content-Encoding", "gzip")]
    [InlineData("X-Forwarded-For", "not an address, 1.2.3.4, ::::")]
    [InlineData("X-Forwarded-Proto", "gopher")]
    [InlineData("X-HTTP-Method-Override", "DELETE")]
    [InlineData("Cookie", "a=b; ;;=; \"")]
    [InlineData("Authorization", "Basic ????")]
    [InlineData("traceparent", "00-zz-zz-zz")]
    public async Task Headers_never_cause_a_server_error(string name, string value)
    {
        foreach (var path in new[] { "/", "/js/app.js", "/v1/model", "/v1/kinds?prompt=rain", "/healthz", "/nothing" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
            request.Headers.TryAddWithoutValidation(name, value);
            using var response = await client.SendAsync(request);
            await CheckAsync(response, $"{name}: {value} to {path}");
        }

        using var post = new HttpRequestMessage(HttpMethod.Post, new Uri("/v1/convert?to=wav", UriKind.Relative)) { Content = new ByteArrayContent(Wav.Tone(0.1)) };
        post.Content.Headers.ContentType = new("audio/wav");
        if (!post.Headers.TryAddWithoutValidation(name, value))
        {
            post.Content.Headers.TryAddWithoutValidation(name, value);
        }

        using var posted = await client.SendAsync(post);
        await CheckAsync(posted, $"{name}: {value} with a file");
    }

    [Fact]
    public async Task Codes_with_a_language_model_are_rejected()
    {
        // {"m": "audiogen-tiny", "al": 16000, "nc": 4, "lm": true} and no codes.
        var header = Encoding.ASCII.GetBytes("""{"m": "audiogen-tiny", "al": 16000, "nc": 4, "lm": true}""");
        byte[] file = [.. "ECDC"u8, 0, 0, 0, 0, (byte)header.Length, .. header, .. new byte[100]];
        using var response = await client.Send("/v1/decode", file, "application/octet-stream");
        await response.RefusedAsync(400, "language model");
    }

    [Fact]
    public async Task Control_characters_of_clients_are_escaped_in_responses()
    {
        using var query = await client.Send("/v1/convert?to=%1b%5b31mred%0d%0a%e2%80%ae", Wav.Tone(0.1));
        await query.RefusedAsync(400, "'\\u001b[31mred\\u000d\\u000a\\u202e'");
        using var path = await client.GetAsync(new Uri("/v1/%1b%5b31m%c2%9b", UriKind.Relative));
        await path.RefusedAsync(404, "/v1/%1B%5B31m%C2%9B");
    }

    [Theory]
    [InlineData("evil.example", 400)]
    [InlineData("localhost", 200)]
    [InlineData("127.0.0.1:5080", 200)]
    [InlineData("[::1]:5080", 200)]
    public async Task Only_allowed_hosts_are_served(string host, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/v1/model", UriKind.Relative));
        request.Headers.Host = host;
        using var response = await client.SendAsync(request);
        Assert.Equal(status, (int)response.StatusCode);
        await CheckAsync(response, host);
    }

    [Fact]
    public async Task Errors_of_the_server_have_the_headers_and_no_stack_trace()
    {
        await using var broken = new BoardServer();
        await using var failing = broken.WithWebHostBuilder(builder => builder.ConfigureServices(services => services.AddSingleton<Conversions>(_ => throw new InvalidOperationException("a secret"))));
        using var response = await failing.CreateClient().Send("/v1/convert?to=wav", Wav.Tone(0.1));
        await response.RefusedAsync(500, "the server's log");
        Assert.DoesNotContain("a secret", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        CheckHeaders(response);
    }

    [Theory]
    [InlineData(null, "203.0.113.9", 429)]
    [InlineData("192.0.2.0/24", "203.0.113.9", 200)]
    [InlineData("192.0.2.1", "203.0.113.9", 200)]
    [InlineData("198.51.100.1", "203.0.113.9", 429)]
    public async Task Forwarded_addresses_of_known_proxies_are_separate_clients(string? proxy, string forwarded, int status)
    {
        await using var limited = new BoardServer().With("ConversionsPerMinute", "1").From("192.0.2.1");
        if (proxy is not null)
        {
            limited.With("Proxies:0", proxy);
        }

        using var http = limited.CreateClient();
        using var first = await http.Send("/v1/convert?to=wav", Wav.Tone(0.1));
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        http.DefaultRequestHeaders.Add("X-Forwarded-For", forwarded);
        using var second = await http.Send("/v1/convert?to=wav", Wav.Tone(0.1));
        Assert.Equal(status, (int)second.StatusCode);
    }

    [Fact]
    public async Task Prompts_that_name_no_known_kind_are_reported()
    {
        using var known = JsonDocument.Parse(await client.GetStringAsync(new Uri("/v1/kinds?prompt=heavy%20rain", UriKind.Relative)));
        Assert.Equal(("rain", true), (known.RootElement.GetProperty("matches")[0].GetString(), known.RootElement.GetProperty("known").GetBoolean()));
        using var unknown = JsonDocument.Parse(await client.GetStringAsync(new Uri("/v1/kinds?prompt=a%20jazz%20band", UriKind.Relative)));
        Assert.Equal((0, false), (unknown.RootElement.GetProperty("matches").GetArrayLength(), unknown.RootElement.GetProperty("known").GetBoolean()));
        using var model = JsonDocument.Parse(await client.GetStringAsync(new Uri("/v1/model", UriKind.Relative)));
        Assert.Equal(30, model.RootElement.GetProperty("kinds").GetArrayLength());
        Assert.Equal("EnCodec", model.RootElement.GetProperty("codec").GetProperty("kind").GetString());
        using var rain = await client.Generate("""{"prompt":"rain","seconds":0.5}""");
        Assert.False(rain.Headers.Contains("AudioCraft-Warning"));
        using var jazz = await client.Generate("""{"prompt":"a jazz band playing","seconds":0.5}""");
        Assert.Contains("/v1/kinds", Assert.Single(jazz.Headers.GetValues("AudioCraft-Warning")), StringComparison.Ordinal);
        using var tooLong = await client.GetAsync(new Uri($"/v1/kinds?prompt={new string('a', 81)}", UriKind.Relative));
        await tooLong.RefusedAsync(400, "81 characters");
    }

    private static byte[] Mutated(byte[] seed, Random random)
    {
        var body = seed.ToList();
        for (var edit = random.Next(1, 6); edit > 0 && body.Count > 0; edit--)
        {
            // Mostly in the first bytes, which contain the headers.
            var at = random.Next(random.Next(4) == 0 ? body.Count : Math.Min(body.Count, 80));
            switch (random.Next(5))
            {
                case 0:
                    body[at] = (byte)random.Next(256);
                    break;
                case 1:
                    body[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    body.RemoveRange(at, Math.Min(random.Next(1, 20), body.Count - at));
                    break;
                case 3:
                    body.InsertRange(at, Enumerable.Range(0, random.Next(1, 20)).Select(_ => (byte)random.Next(256)));
                    break;
                default:
                    body.RemoveRange(at, body.Count - at);
                    break;
            }
        }

        return [.. body];
    }

    private static async Task CheckAsync(HttpResponseMessage response, string what)
    {
        var text = response.IsSuccessStatusCode ? "" : await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode < 500, $"{what}: {response.StatusCode} {text}");
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
        CheckHeaders(response);
        if ((int)response.StatusCode >= 400 && response.RequestMessage?.Method != HttpMethod.Head)
        {
            Assert.True(response.Content.Headers.ContentType?.MediaType == "application/problem+json", $"{what}: {response.StatusCode} with '{response.Content.Headers.ContentType}'");
            using var problem = JsonDocument.Parse(text);
            Assert.Equal((int)response.StatusCode, problem.RootElement.GetProperty("status").GetInt32());
            Assert.DoesNotContain(problem.RootElement.TryGetProperty("detail", out var detail) ? detail.GetString()! : "", char.IsControl);
        }
    }

    private static void CheckHeaders(HttpResponseMessage response)
    {
        Assert.Contains("default-src 'self'", Assert.Single(response.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
    }
}
