using System.Text.Json;
using AudioCraft.Tests.Checkpoints;
using AudioCraft.Tests.Hub;

namespace AudioCraft.Cli.Tests;

public sealed class ModelCommandTests : IDisposable
{
    private const string Codec = "org/codec";

    private readonly TemporaryFolder folder = new();
    private readonly LocalHub cdn = new();
    private readonly LocalHub hub;

    public ModelCommandTests() => hub = new LocalHub { Elsewhere = cdn };

    private Dictionary<string, string?> Environment => new() { ["HF_ENDPOINT"] = hub.Address.ToString(), ["HF_HOME"] = folder.File("home"), ["HF_HUB_CACHE"] = null, ["HF_HUB_OFFLINE"] = null, ["HF_TOKEN"] = null };

    public void Dispose()
    {
        hub.Dispose();
        cdn.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Converted_model_generates_the_same_audio()
    {
        var copy = folder.File("copy");
        Assert.Contains("state_dict.safetensors", Tool.Run("convert", "audiogen-tiny", copy).Succeeded().Out, StringComparison.Ordinal);
        Tool.Run("generate", "rain", "-d", "0.2", "-s", "1", "-o", folder.File("a.wav")).Succeeded();
        Tool.Run("generate", "rain", "-d", "0.2", "-s", "1", "-o", folder.File("b.wav"), "--model", copy).Succeeded();
        Assert.Equal(File.ReadAllBytes(folder.File("a.wav")), File.ReadAllBytes(folder.File("b.wav")));
    }

    [Fact]
    public void Convert_sets_the_precision_and_overwrites_only_if_requested()
    {
        var copy = folder.File("copy");
        Tool.Run("convert", "audiogen-tiny", copy, "--precision", "bfloat16").Succeeded();
        Assert.Contains("bfloat16", Tool.Run("inspect", copy).Succeeded().Out, StringComparison.Ordinal);
        Assert.Contains("--overwrite", Tool.Run("convert", "audiogen-tiny", copy).FailedWith(ExitCode.Failure), StringComparison.Ordinal);
        var json = Tool.Run("convert", "audiogen-tiny", copy, "--overwrite", "--precision", "float32", "--json").Succeeded().Json;
        Assert.Contains(json.GetProperty("files").EnumerateArray(), file => file.GetProperty("path").GetString() == "t5/model.safetensors");
        Assert.DoesNotContain("bfloat16", Tool.Run("inspect", copy).Succeeded().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Download_fills_the_cache_once()
    {
        var weights = new byte[50_000];
        hub.Add(Codec, ("config.json", """{"model_type": "encodec"}"""u8.ToArray()), ("model.safetensors", weights), ("other.msgpack", weights));
        var run = (await Tool.ProcessAsync(Environment, "download", Codec, "--json")).SucceededWithNotes();
        Assert.Equal("Downloading org/codec: config.json, 0.0 MB", JsonDocument.Parse(run.Error.Split('\n')[0]).RootElement.GetProperty("note").GetString());
        var place = run.Json.GetProperty("path").GetString()!;
        Assert.Equal(folder.File($"home/hub/models--org--codec/snapshots/{LocalHub.Commit}"), place);
        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(place, "model.safetensors")));
        Assert.False(File.Exists(Path.Combine(place, "other.msgpack")));
        (await Tool.ProcessAsync(Environment, "download", Codec)).Succeeded();
        Assert.Equal(1, cdn.CountOf("GET", "/cdn/"));
    }

    [Fact]
    public async Task Download_errors_are_one_line()
    {
        Assert.Contains("org/none", (await Tool.ProcessAsync(Environment, "download", "org/none")).FailedWith(ExitCode.Failure), StringComparison.Ordinal);
        Assert.Contains("not the name of a repository", (await Tool.ProcessAsync(Environment, "download", "no such/name/at all")).FailedWith(ExitCode.Failure), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retries_of_a_download_are_printed_once_each()
    {
        var attempts = 0;
        hub.Add(Codec, ("config.json", """{"model_type": "encodec"}"""u8.ToArray()), ("model.safetensors", new byte[1000]));
        cdn.Misbehave = _ => Interlocked.Increment(ref attempts) <= 2 ? new HubResponse(503, []) : null;
        var run = (await Tool.ProcessAsync(Environment, "download", Codec)).SucceededWithNotes();
        var warnings = run.Error.Split('\n').Where(line => line.Contains("Trying again in", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, warnings.Count);
        Assert.All(warnings, line => Assert.StartsWith("warning: ", line, StringComparison.Ordinal));
    }
}
