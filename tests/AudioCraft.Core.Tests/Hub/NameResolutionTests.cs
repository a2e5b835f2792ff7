using AudioCraft.Formats;
using AudioCraft.Hub;

namespace AudioCraft.Tests.Hub;

/// <summary>Which names are looked for where, and what the error says.</summary>
public class NameResolutionTests
{
    [Theory]
    [InlineData("nosuch")]
    [InlineData("audiogen-nosuch")]
    [InlineData("no\u001b[31m-such")]
    [InlineData("./nosuch")]
    public void Name_without_an_owner_sends_no_request_and_lists_the_bundled_models(string name)
    {
        using var hub = new HubFixture();
        foreach (var find in new Action[] { () => hub.Find(name), () => ModelHub.Find(name, hub.Options), () => AudioGen.GetPretrained(name, hub.Options), () => CompressionModel.GetPretrained(name, hub.Options) })
        {
            var message = Assert.Throws<CheckpointException>(find).Message;
            Assert.Contains(PrintableText.Of(name), message, StringComparison.Ordinal);
            Assert.Contains("Bundled models: ", message, StringComparison.Ordinal);
            Assert.Contains(Path.Combine(AppContext.BaseDirectory, "models"), message, StringComparison.Ordinal);
            Assert.DoesNotContain("offline", message, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain('\u001b', message);
        }

        Assert.Empty(hub.Hub.Requests);
    }

    [Theory]
    [InlineData("musicgen-small", "'facebook/musicgen-small'")]
    [InlineData("small", "'facebook/musicgen-small'")]
    [InlineData("audiogen-medium", "'facebook/audiogen-medium'")]
    [InlineData("encodec_24khz", "'facebook/encodec_24khz'")]
    public void Name_of_a_published_model_without_its_owner_is_suggested(string name, string suggestion)
    {
        using var hub = new HubFixture();
        Assert.Contains($"Did you mean {suggestion}?", Assert.Throws<CheckpointException>(() => hub.Find(name)).Message, StringComparison.Ordinal);
        Assert.NotNull(RepoId.TryParse(suggestion.Trim('\'')));
    }

    [Theory]
    [InlineData("org/another", "is not in the cache")]
    [InlineData(HubFixture.Codec, "is only partly in the cache")]
    public void Local_search_states_that_it_does_not_download(string name, string state)
    {
        using var hub = new HubFixture();
        hub.Find();
        File.Delete(hub.WeightsBlob);
        var failure = Assert.Throws<HubException>(() => ModelHub.Find(name, hub.Options));
        Assert.Equal(HubError.Offline, failure.Error);
        Assert.Contains(state, failure.Message, StringComparison.Ordinal);
        Assert.Contains("does not download", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("HF_HUB_OFFLINE", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("facebook/musicgen-melody", "MusicGen Melody")]
    [InlineData("facebook/musicgen-melody-large", "MusicGen Melody")]
    [InlineData("facebook/musicgen-stereo-melody-large", "MusicGen Melody")]
    [InlineData("Facebook/MusicGen-Melody", "MusicGen Melody")]
    [InlineData("facebook/musicgen-style", "MusicGen Style")]
    [InlineData("facebook/magnet-small-10secs", "MAGNeT")]
    [InlineData("facebook/audio-magnet-medium", "MAGNeT")]
    [InlineData("facebook/jasco-chords-drums-400M", "JASCO")]
    [InlineData("facebook/multiband-diffusion", "MultiBand Diffusion")]
    [InlineData("facebook/audioseal", "AudioSeal")]
    public async Task Unsupported_published_model_is_rejected_before_any_request(string name, string family)
    {
        using var hub = new HubFixture();
        Assert.Contains(family, Assert.Throws<CheckpointException>(() => MusicGen.GetPretrained(name, hub.Options)).Message, StringComparison.Ordinal);
        Assert.Contains("not supported", (await Assert.ThrowsAsync<CheckpointException>(() => ModelHub.DownloadAsync(name, hub.Options))).Message, StringComparison.Ordinal);
        Assert.Empty(hub.Hub.Requests);
    }

    [Theory]
    [InlineData("kyutai/mimi", "Mimi")]
    [InlineData("hubertsiuzdak/snac_24khz", "SNAC")]
    public void Unsupported_published_codec_is_rejected_before_any_request(string name, string family)
    {
        using var hub = new HubFixture();
        Assert.Contains(family, Assert.Throws<CheckpointException>(() => CompressionModel.GetPretrained(name, hub.Options)).Message, StringComparison.Ordinal);
        Assert.Empty(hub.Hub.Requests);
    }

    [Theory]
    [InlineData("musicgen_melody", true)]
    [InlineData("bark", true)]
    [InlineData("mimi", false)]
    public void Unsupported_model_type_is_rejected_before_the_weights_download(string type, bool isGenerative)
    {
        using var hub = new HubFixture();
        hub.Hub.Add(
            "org/other", ("config.json", System.Text.Encoding.UTF8.GetBytes($"{{\"model_type\": \"{type}\"}}")), ("model.safetensors", new byte[5000]), ("spiece.model", new byte[5000]),
            ("generation_config.json", "{}"u8.ToArray()));
        var failure = Assert.Throws<CheckpointException>(() => hub.Context().Fetcher.Find("org/other", isGenerative ? ModelKind.Generative : ModelKind.Compression));
        Assert.Contains(type, failure.Message, StringComparison.Ordinal);
        Assert.Empty(hub.Cdn.Requests);
    }

    [Fact]
    public void Retries_are_reported_with_their_cause()
    {
        using var hub = new HubFixture();
        var left = 2;
        hub.Hub.Misbehave = _ => Interlocked.Decrement(ref left) >= 0 ? new HubResponse(503, []) : null;
        var (reports, log) = (new Reports(), new LogRecorder());
        hub.Find(options: hub.Options with { Logger = log }, progress: reports);
        var waits = reports.Where(report => report.Problem is not null).ToList();
        Assert.Equal(hub.Waits, waits.Select(report => report.RetryDelay!.Value));
        Assert.All(waits, report => Assert.Equal((HubFixture.Codec, true), (report.Repository, report.Problem!.Contains("503", StringComparison.Ordinal))));
        Assert.Equal(2, log.Warnings.Count(warning => warning.Contains("503", StringComparison.Ordinal)));
        Assert.Null(reports[^1].Problem);
    }

    private sealed class Reports : List<DownloadProgress>, IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => Add(value);
    }
}
