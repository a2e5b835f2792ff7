using System.Globalization;

namespace AudioCraft.Tests.Hub;

/// <summary>Downloads over unreliable connections.</summary>
public class DownloadTests
{
    [Fact]
    public void Only_the_needed_files_download_and_a_second_call_only_resolves_the_commit()
    {
        using var hub = new HubFixture();
        Assert.Equal(hub.Snapshot, hub.Find());
        hub.HasAll();
        Assert.Equal(0, hub.Hub.CountOf("GET", "flax_model"));
        var before = hub.Hub.Requests.Count;
        hub.Find();
        Assert.Equal(1, hub.Hub.Requests.Count - before);
        // A commit never changes, so no request is sent.
        hub.Find(options: hub.Options with { Revision = LocalHub.Commit });
        Assert.Equal(1, hub.Hub.Requests.Count - before);
    }

    [Fact]
    public void Lost_connection_resumes_where_it_stopped()
    {
        using var hub = new HubFixture();
        hub.CdnMisbehaves(3, (request, content) => LocalHub.Ranged(request, content) with { CutAfter = 70_000 });
        hub.Find();
        hub.HasAll();
        Assert.Equal(["", "bytes=70000-299999", "bytes=140000-299999", "bytes=210000-299999"], hub.Cdn.Requests.Select(r => r.Headers.GetValueOrDefault("range", "")));
        Assert.Equal(3, hub.Waits.Count);
        Assert.True(hub.Waits[1] > hub.Waits[0] && hub.Waits[2] > hub.Waits[1]);
    }

    [Fact]
    public void Interrupted_downloads_resume_in_the_next_call()
    {
        using var hub = new HubFixture();
        hub.CdnMisbehaves(int.MaxValue, (request, content) => LocalHub.Ranged(request, content) with { CutAfter = 1000 });
        Assert.Contains("the download resumes", hub.Fails(HubError.Network).Message, StringComparison.Ordinal);
        Assert.Equal(4000, new FileInfo(hub.WeightsBlob + ".incomplete").Length);
        Assert.False(File.Exists(Path.Combine(hub.Snapshot, "model.safetensors")));
        hub.Cdn.Misbehave = null;
        hub.Find();
        hub.HasAll();
        Assert.Equal("bytes=4000-299999", hub.Cdn.Requests.Last().Headers["range"]);
    }

    [Fact]
    public void Server_without_ranges_restarts_the_download()
    {
        using var hub = new HubFixture();
        var first = true;
        hub.Cdn.Misbehave = _ =>
        {
            var cut = first;
            first = false;
            return new HubResponse(200, hub.Weights) { CutAfter = cut ? 5000 : null };
        };
        hub.Find();
        hub.HasAll();
    }

    [Theory]
    [InlineData(100_000L)]
    [InlineData(999_999L)]
    public void Wrong_content_length_is_an_error(long announced)
    {
        using var hub = new HubFixture();
        hub.CdnMisbehaves(int.MaxValue, (_, content) => new HubResponse(200, content) { Announced = announced });
        Assert.Contains(announced.ToString(CultureInfo.InvariantCulture), hub.Fails(HubError.InvalidResponse).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Body_longer_than_the_file_is_not_read_further()
    {
        using var hub = new HubFixture();
        hub.CdnMisbehaves(int.MaxValue, (_, content) => new HubResponse(200, [.. content, .. new byte[4 << 20]]) { Announced = -1 });
        hub.Fails(HubError.InvalidResponse);
        Assert.True(new FileInfo(hub.WeightsBlob + ".incomplete").Length <= hub.Weights.Length);
    }

    [Fact]
    public void Wrong_range_is_not_written()
    {
        using var hub = new HubFixture();
        hub.CdnMisbehaves(int.MaxValue, (request, content) => request.Headers.ContainsKey("range")
            ? new HubResponse(206, content[..10], ("Content-Range", "bytes 0-9/300000"))
            : new HubResponse(200, content) { CutAfter = 100 });
        hub.Fails(HubError.InvalidResponse);
    }

    [Fact]
    public void Content_with_a_wrong_hash_is_discarded_and_downloaded_once_more()
    {
        using var hub = new HubFixture();
        var wrong = HubFixture.Bytes(299_999).Append((byte)1).ToArray();
        hub.CdnMisbehaves(1, (request, _) => LocalHub.Ranged(request, wrong));
        hub.Find();
        hub.HasAll();
        using var again = new HubFixture();
        again.CdnMisbehaves(int.MaxValue, (request, _) => LocalHub.Ranged(request, wrong));
        Assert.Contains("hash", again.Fails(HubError.HashMismatch).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(again.WeightsBlob + ".incomplete"));
        // Small files are stored under their git hash.
        using var small = new HubFixture();
        small.Hub.Misbehave = request => request.Method == "GET" && request.Path.EndsWith("config.json", StringComparison.Ordinal) ? new HubResponse(200, "{\"model_type\": \"ENCODEC\"}"u8.ToArray()) : null;
        small.Fails(HubError.HashMismatch);
    }

    [Fact]
    public void Damaged_partial_downloads_are_detected()
    {
        using var hub = new HubFixture();
        Directory.CreateDirectory(Path.GetDirectoryName(hub.WeightsBlob)!);
        File.WriteAllBytes(hub.WeightsBlob + ".incomplete", new byte[1234]);
        hub.Find();
        hub.HasAll();
    }

    [Theory]
    [InlineData("7")]
    [InlineData("0")]
    public void Rate_limits_wait_as_long_as_the_server_requests(string seconds)
    {
        using var hub = new HubFixture();
        var left = 2;
        hub.Hub.Misbehave = request => request.IsFile && request.Method == "HEAD" && Interlocked.Decrement(ref left) >= 0 ? new HubResponse(429, [], ("Retry-After", seconds)) : null;
        hub.Find();
        hub.HasAll();
        Assert.Equal([TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture)), TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture))], hub.Waits);
    }

    [Fact]
    public void Too_long_or_too_frequent_rate_limits_are_an_error()
    {
        using var hub = new HubFixture();
        hub.Hub.Misbehave = _ => new HubResponse(429, [], ("Retry-After", "86400"));
        Assert.Contains("86400 s", hub.Fails(HubError.RateLimited).Message, StringComparison.Ordinal);
        Assert.Empty(hub.Waits);
        hub.Hub.Misbehave = _ => new HubResponse(429, []);
        hub.Fails(HubError.RateLimited);
        Assert.Equal(3, hub.Waits.Count);
    }

    [Fact]
    public void Transient_server_failures_are_retried_and_lasting_ones_are_an_error()
    {
        using var hub = new HubFixture();
        var left = 3;
        hub.Hub.Misbehave = _ => Interlocked.Decrement(ref left) >= 0 ? new HubResponse(503, []) : null;
        hub.Find();
        hub.HasAll();
        hub.Hub.Misbehave = _ => new HubResponse(500, []);
        Assert.Equal(hub.Snapshot, hub.Find());
        using var other = new HubFixture();
        other.Hub.Misbehave = _ => new HubResponse(500, []);
        other.Fails(HubError.Network);
    }

    [Fact]
    public void Unresponsive_server_times_out()
    {
        using var hub = new HubFixture();
        using var never = new SemaphoreSlim(0);
        hub.Hub.Misbehave = _ =>
        {
            never.Wait(TimeSpan.FromSeconds(30));
            return null;
        };
        var context = hub.Context(timings: hub.Timings with { Silence = TimeSpan.FromMilliseconds(100), Attempts = 2 });
        Assert.Contains("does not respond", hub.Fails(HubError.Network, context).Message, StringComparison.Ordinal);
        never.Release(10);
    }

    [Fact]
    public async Task Cancellation_stops_a_download_and_keeps_partial_data()
    {
        using var hub = new HubFixture();
        using var cancel = new CancellationTokenSource();
        hub.CdnMisbehaves(int.MaxValue, (request, content) =>
        {
            if (request.Headers.ContainsKey("range"))
            {
                cancel.Cancel();
            }

            return LocalHub.Ranged(request, content) with { CutAfter = 2000 };
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CompressionModel.GetPretrainedAsync(HubFixture.Codec, hub.Options, null, cancel.Token));
        Assert.False(File.Exists(hub.WeightsBlob));
        Assert.True(new FileInfo(hub.WeightsBlob + ".incomplete").Length >= 2000);
    }

    [Fact]
    public void Full_disk_is_an_error_before_any_download()
    {
        using var hub = new HubFixture();
        Assert.Contains("HF_HOME", hub.Fails(HubError.DiskFull, hub.Context(disk: new(_ => (64 << 20) + 1000))).Message, StringComparison.Ordinal);
        Assert.Empty(hub.Cdn.Requests);
        HubFixture.Find(hub.Context(disk: new(_ => (64 << 20) + 400_000)));
    }

    [Fact]
    public void Progress_counts_every_byte_once_and_never_decreases()
    {
        using var hub = new HubFixture();
        hub.CdnMisbehaves(2, (request, content) => LocalHub.Ranged(request, content) with { CutAfter = 90_000 });
        var reports = new Reports();
        hub.Find(progress: reports);
        Assert.All(reports.Zip(reports.Skip(1)), pair => Assert.True(pair.Second.Bytes >= pair.First.Bytes));
        var last = reports[^1];
        Assert.Equal((hub.Weights.Length + 25L, hub.Weights.Length + 25L, 1.0), (last.Bytes, last.TotalBytes, last.Fraction));
        Assert.Equal("org/codec", last.Repository);
        Assert.Contains(reports, report => report.BytesPerSecond > 0);
    }

    [Fact]
    public async Task Concurrent_calls_download_a_file_once()
    {
        using var hub = new HubFixture();
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => hub.Find())));
        hub.HasAll();
        Assert.Single(hub.Cdn.Requests);
    }

    private sealed class Reports : List<DownloadProgress>, IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => Add(value);
    }
}
