using System.Text.Json;

namespace AudioCraft.Tests.Hub;

/// <summary>Hashes, sizes, names and reasons from servers.</summary>
public class ContentCheckTests
{
    private static readonly byte[] Wrong = new byte[300_000];

    [Theory]
    [InlineData("\"not-a-hash\"")]
    [InlineData("W/\"1234567890\"")]
    [InlineData("\"d41d8cd98f00b204e9800998ecf8427e\"")]
    public void ETag_that_is_not_a_hash_uses_the_hash_that_the_repository_lists(string etag)
    {
        using var hub = new HubFixture();
        hub.Hub.ListsHashes = true;
        hub.Hub.Misbehave = request => WithETag(hub, request, etag, hub.Weights);
        hub.Find();
        Assert.Equal(hub.Weights, File.ReadAllBytes(Path.Combine(hub.Snapshot, "model.safetensors")));

        using var damaged = new HubFixture();
        damaged.Hub.ListsHashes = true;
        damaged.Hub.Misbehave = request => WithETag(damaged, request, etag, Wrong);
        Assert.Contains(LocalHub.Sha256(damaged.Weights), damaged.Fails(HubError.HashMismatch).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Content_without_any_hash_is_logged_and_its_partial_download_restarts()
    {
        using var hub = new HubFixture();
        hub.Hub.Misbehave = request => WithETag(hub, request, "\"not-a-hash\"", hub.Weights);
        Directory.CreateDirectory(Path.GetDirectoryName(hub.WeightsBlob)!);
        File.WriteAllBytes(Path.Combine(hub.Repository, "blobs", "not-a-hash.incomplete"), new byte[1234]);
        var log = new LogRecorder();
        hub.Find(options: hub.Options with { Logger = log });
        hub.HasAll();
        Assert.Contains(log.Warnings, warning => warning.Contains("only its size is checked", StringComparison.Ordinal));
    }

    [Fact]
    public void Size_other_than_the_listed_one_is_an_error()
    {
        using var hub = new HubFixture();
        hub.Hub.ListsHashes = true;
        hub.Hub.Misbehave = request => request.Method == "HEAD" && request.Path.EndsWith("model.safetensors", StringComparison.Ordinal)
            ? new HubResponse(200, new byte[77], ("ETag", $"\"{LocalHub.Sha256(hub.Weights)}\""))
            : null;
        Assert.Contains("300000", hub.Fails(HubError.InvalidResponse).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("9223372036854775807")]
    [InlineData("9223372036854775806")]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775808")]
    [InlineData("4398046511105")]
    [InlineData("99999999999999999999999999")]
    [InlineData("1e3")]
    [InlineData("")]
    [InlineData("4398046511104")]
    public void Huge_sizes_are_an_error(string size)
    {
        using var hub = new HubFixture();
        hub.Hub.Add("org/huge", ("state_dict.bin", new byte[10]), ("compression_state_dict.bin", new byte[10]));
        hub.Hub.Misbehave = request => request.Method == "HEAD"
            ? new HubResponse(302, [], ("Location", $"{hub.Cdn.Address}cdn/x"), ("X-Linked-ETag", $"\"{new string(request.Path.Contains("compression", StringComparison.Ordinal) ? 'c' : 'b', 64)}\""), ("X-Linked-Size", size))
            : null;
        var failure = Assert.Throws<HubException>(() => hub.Context().Fetcher.Find("org/huge", AudioCraft.Hub.ModelKind.Generative));
        Assert.Equal(HubError.InvalidResponse, failure.Error);
        Assert.Empty(hub.Cdn.Requests);
    }

    [Fact]
    public void Huge_listed_sizes_are_an_error()
    {
        using var hub = new HubFixture();
        hub.Hub.Misbehave = request => request.Path.StartsWith("/api/", StringComparison.Ordinal)
            ? new HubResponse(200, JsonSerializer.SerializeToUtf8Bytes(new
            {
                sha = LocalHub.Commit,
                siblings = new[] { "config.json", "model.safetensors" }.Select(name => new { rfilename = name, size = long.MaxValue, lfs = new { sha256 = 7, size = 1e300 } }),
            }))
            : null;
        hub.Fails(HubError.InvalidResponse);
    }

    [Fact]
    public void Control_characters_of_a_server_are_escaped()
    {
        const string Hostile = "\u001b]0;owned\u0007\u009b31m\u202e";
        using var hub = new HubFixture();
        var failures = new List<HubException>();
        foreach (var response in new Func<HubRequest, HubResponse?>[]
        {
            _ => new HubResponse(400, [], ("X-Error-Message", Hostile)),
            _ => new HubResponse(500, [], ("X-Error-Message", Hostile)),
            _ => new HubResponse(403, [], ("X-Error-Message", new string('\u001b', 5000))),
            _ => new HubResponse(302, [], ("Location", $"http://x/{Hostile}")),
            _ => new HubResponse(200, JsonSerializer.SerializeToUtf8Bytes(new { sha = Hostile, siblings = Array.Empty<string>() })),
            _ => new HubResponse(200, [], (Hostile, "x")),
            _ => new HubResponse(200, [], ("Content-Length\u001b", "7")),
            request => request.Method == "HEAD" ? new HubResponse(200, new byte[5], ("ETag", Hostile)) : null,
            request => request.Method == "HEAD" ? new HubResponse(302, [], ("Location", $"http://{Hostile}/"), ("ETag", "\"abc\"")) : null,
        })
        {
            hub.Hub.Misbehave = response;
            failures.Add(Assert.Throws<HubException>(() => hub.Find()));
        }

        Assert.All(failures, failure => Assert.DoesNotContain(failure.Message, c => char.IsControl(c) || c == '\u202e'));
        Assert.All(failures, failure => Assert.True(failure.Message.Length < 2000));
        Assert.False(AudioCraft.Hub.HubPath.IsInside("a\u009b.bin"));
        Assert.False(AudioCraft.Hub.HubPath.IsInside("a\u202e.bin"));
    }

    [Fact]
    public void Token_over_plain_http_is_a_warning_and_is_not_sent_to_another_host()
    {
        using var hub = new HubFixture();
        var log = new LogRecorder();
        hub.Find(options: hub.Options with { Token = "hf_secret", Logger = log });
        Assert.Single(log.Warnings, warning => warning.Contains("plain http", StringComparison.Ordinal));
        Assert.All(log.Warnings.Concat(log.Information), entry => Assert.DoesNotContain("hf_secret", entry, StringComparison.Ordinal));
        Assert.All(hub.Cdn.Requests, request => Assert.False(request.Headers.ContainsKey("authorization")));
        var quiet = new LogRecorder();
        hub.Find(options: hub.Options with { Logger = quiet });
        Assert.Empty(quiet.Warnings);
    }

    /// <summary>The weights served by the Hub itself, with an ETag.</summary>
    private static HubResponse? WithETag(HubFixture hub, HubRequest request, string etag, byte[] content) =>
        request.IsFile && request.Path.EndsWith("model.safetensors", StringComparison.Ordinal) ? LocalHub.Ranged(request, content, ("ETag", etag)) : null;
}
