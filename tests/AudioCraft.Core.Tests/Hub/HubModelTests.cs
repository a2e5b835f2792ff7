using AudioCraft.Checkpoints;
using AudioCraft.Tests.Checkpoints;
using AudioCraft.Tests.Codecs;
using AudioCraft.Tests.Generation;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Hub;

/// <summary>Models by Hub id, including the repositories to which they refer. Only the encoder of a T5 is downloaded.</summary>
[Collection(ProcessWideState.Name)]
public class HubModelTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public HubModelTests() => manual_seed(20261127);

    private const string Name = "facebook/audiogen-tiny-test";

    private static readonly string Tiny = Golden.Directory("audiogen_tiny_checkpoint");
    private static readonly byte[] T5 = WholeT5();

    [Fact]
    public async Task Model_downloads_with_its_text_encoder_and_generates_the_same_as_a_directory()
    {
        using var scope = NewDisposeScope();
        using var hub = new HubFixture();
        var whole = AddAudioGen(hub);
        var reports = new Last();
        using var model = await AudioGen.GetPretrainedAsync(Name, hub.Options, reports);
        using var original = AudioGenTests.Load();
        original.GenerationParams = model.GenerationParams = new GenerationParams { Duration = 0.5, Seed = 3 };
        Exactly.Equal(original.GenerateWithTokens(["rain"]).Tokens, model.GenerateWithTokens(["rain"]).Tokens);
        Assert.Equal(1.0, reports.Value!.Fraction);
        Assert.Equal(Name, model.Name);

        // The encoder is complete, and the decoder was not downloaded.
        using var offline = AudioGen.GetPretrained(Name, hub.Options with { Offline = true });
        var part = EncoderFile(hub);
        using var encoder = SafetensorsFile.Open(part);
        using var all = SafetensorsFile.Open(whole);
        Assert.Contains(all.Tensors.Keys, name => name.StartsWith("decoder.", StringComparison.Ordinal));
        Assert.Equal(all.Tensors.Keys.Where(name => name == "shared.weight" || name.StartsWith("encoder.block.", StringComparison.Ordinal) || name == "encoder.final_layer_norm.weight").Order(), encoder.Tensors.Keys.Order());
        foreach (var name in encoder.Tensors.Keys)
        {
            Exactly.Equal(all.Read(name), encoder.Read(name));
        }

        Assert.True(new FileInfo(part).Length < new FileInfo(whole).Length / 2);
        Assert.False(File.Exists(Path.Combine(hub.Cache, "models--t5-small", "snapshots", LocalHub.Commit, "model.safetensors")));
    }

    [Fact]
    public void Ranges_of_a_text_encoder_resume()
    {
        using var hub = new HubFixture();
        AddAudioGen(hub);
        hub.Cdn.Misbehave = request => request.Headers.TryGetValue("range", out var range) && !range.StartsWith("bytes=0-", StringComparison.Ordinal)
            ? LocalHub.Ranged(request, T5) with { CutAfter = 500 }
            : null;
        var failure = Assert.Throws<HubException>(() => CheckpointLoader.LoadGenModel(Name, hub.Context()));
        Assert.Equal(HubError.Network, failure.Error);
        Assert.Contains("t5-small", failure.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(EncoderFile(hub)));
        hub.Cdn.Misbehave = null;
        using var model = AudioGen.GetPretrained(Name, hub.Options);
        using var encoder = SafetensorsFile.Open(EncoderFile(hub));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(EncoderFile(hub))!, "*.incomplete"));
    }

    [Fact]
    public void Without_ranges_or_safetensors_the_whole_text_encoder_downloads()
    {
        using var hub = new HubFixture();
        AddAudioGen(hub);
        hub.Cdn.Misbehave = request => new HubResponse(200, hub.Cdn.Blob(request.Path));
        AudioGen.GetPretrained(Name, hub.Options).Dispose();
        Assert.Equal(T5, File.ReadAllBytes(Path.Combine(hub.Cache, "models--t5-small", "snapshots", LocalHub.Commit, "model.safetensors")));

        using var old = new HubFixture();
        AddAudioGen(old, "pytorch_model.bin", File.ReadAllBytes(Path.Combine(Tiny, "t5", "pytorch_model.bin")));
        AudioGen.GetPretrained(Name, old.Options).Dispose();
        Assert.True(File.Exists(Path.Combine(old.Cache, "models--t5-small", "snapshots", LocalHub.Commit, "pytorch_model.bin")));
        AudioGen.GetPretrained(Name, old.Options with { Offline = true }).Dispose();
    }

    [Theory]
    [InlineData("cut off")]
    [InlineData("too long a header")]
    [InlineData("no encoder")]
    public void Bad_header_of_a_text_encoder_is_an_error(string how)
    {
        using var hub = new HubFixture();
        var file = how switch
        {
            "cut off" => [.. T5.Take(2000)],
            "too long a header" => [255, 255, 255, 255, 255, 255, 255, 127, .. T5.Skip(8)],
            _ => Safetensors.Build("""{"lm_head.weight":{"dtype":"F32","shape":[256],"data_offsets":[0,1024]}}""", new byte[1024]),
        };
        AddAudioGen(hub, content: file);
        Assert.Throws<CheckpointException>(() => AudioGen.GetPretrained(Name, hub.Options));
        Assert.False(File.Exists(EncoderFile(hub)));
    }

    [Fact]
    public void Codec_downloads_by_Hub_id_by_a_checkpoints_reference_and_by_descripts_name()
    {
        using var hub = new HubFixture();
        using var encodec = new TemporaryFolder();
        HuggingFaceEncodec.Write(encodec, "encodec_noncausal_32k_tiny");
        hub.Hub.Add("facebook/encodec_32khz", ("config.json", File.ReadAllBytes(encodec.File("config.json"))), ("model.safetensors", File.ReadAllBytes(encodec.File("model.safetensors"))));
        using var direct = CompressionModel.GetPretrained("facebook/encodec_32khz", hub.Options);
        Assert.Equal(32000, direct.SampleRate);
        hub.Hub.Add("facebook/named", ("compression_state_dict.bin", TorchZipBuilder.Build(new PickleWriter().Dictionary(("pretrained", "facebook/encodec_32khz"), ("exported", true)))));
        using var named = CompressionModel.GetPretrained("facebook/named", hub.Options);
        Assert.Equal(32000, named.SampleRate);

        using var dac = new TemporaryFolder();
        var directory = GoldenDac.WriteHub("dac_tiny", dac);
        hub.Hub.Add("descript/dac_44khz", [.. Directory.GetFiles(directory).Select(file => (Path.GetFileName(file), File.ReadAllBytes(file)))]);
        using var descript = CompressionModel.GetPretrained("dac_44khz", hub.Options);
        Assert.Equal(44100, descript.SampleRate);
    }

    [Fact]
    public void Repository_in_Hugging_Faces_layout_downloads_by_name()
    {
        using var hub = new HubFixture();
        using var folder = new TemporaryFolder();
        HuggingFaceMusicGen.Write(folder, sharded: true);
        hub.Hub.Add("facebook/musicgen-test", [.. Directory.GetFiles(folder.Path).Select(file => (Path.GetFileName(file), File.ReadAllBytes(file)))]);
        using var model = MusicGen.GetPretrained("facebook/musicgen-test", hub.Options);
        Assert.Equal(3.0, model.MaxDuration);
    }

    [Fact]
    public void Melody_model_is_rejected_before_its_weights_download()
    {
        using var hub = new HubFixture();
        hub.Hub.Add(
            "facebook/melody", ("state_dict.bin", new byte[5000]), ("compression_state_dict.bin", new byte[5000]), ("config.json", "{\"model_type\": \"musicgen_melody\"}"u8.ToArray()));
        Assert.Contains("musicgen_melody", Assert.Throws<CheckpointException>(() => MusicGen.GetPretrained("facebook/melody", hub.Options)).Message, StringComparison.Ordinal);
        Assert.Empty(hub.Cdn.Requests);
    }

    [Fact]
    public async Task Download_contains_everything_that_loading_needs()
    {
        using var hub = new HubFixture();
        AddAudioGen(hub);
        var reports = new Last();
        var directory = await ModelHub.DownloadAsync(Name, hub.Options, reports);
        Assert.Equal(1.0, reports.Value!.Fraction);
        Assert.True(File.Exists(Path.Combine(directory, "state_dict.bin")));
        Assert.True(File.Exists(EncoderFile(hub)));
        Assert.Equal(directory, await ModelHub.DownloadAsync(Name, hub.Options with { Offline = true }));
        using var model = AudioGen.GetPretrained(Name, hub.Options with { Offline = true });
    }

    [Fact]
    public async Task Kind_of_repository_determines_the_files_downloaded()
    {
        using var hub = new HubFixture();
        AddAudioGen(hub);
        var encoder = await ModelHub.DownloadAsync("t5-small", hub.Options);
        Assert.Equal(Path.GetDirectoryName(EncoderFile(hub)), encoder);
        Assert.Equal(encoder, await ModelHub.DownloadAsync("t5-small", hub.Options with { Offline = true }));
        Assert.False(File.Exists(Path.Combine(hub.Cache, "models--t5-small", "snapshots", LocalHub.Commit, "model.safetensors")));
        Assert.Equal(hub.Snapshot, await ModelHub.DownloadAsync(HubFixture.Codec, hub.Options));
        hub.Hub.Add("org/poem", ("poem.txt", "roses"u8.ToArray()));
        Assert.Equal(HubError.FileNotFound, (await Assert.ThrowsAsync<HubException>(() => ModelHub.DownloadAsync("org/poem", hub.Options))).Error);
    }

    [Fact]
    public async Task DownloadAsync_adds_the_missing_text_encoder_of_a_directory()
    {
        using var hub = new HubFixture();
        AddAudioGen(hub);
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "state_dict.bin", "compression_state_dict.bin" })
        {
            folder.Write(name, File.ReadAllBytes(Path.Combine(Tiny, name)));
        }

        Assert.Equal(folder.Path, await ModelHub.DownloadAsync(folder.Path, hub.Options));
        Assert.True(File.Exists(EncoderFile(hub)));
    }

    /// <summary>Adds the tiny checkpoint as a repository, and its text encoder with a decoder as another. Returns a file with the complete T5.</summary>
    private static string AddAudioGen(HubFixture hub, string weights = "model.safetensors", byte[]? content = null)
    {
        byte[] Read(string file) => File.ReadAllBytes(Path.Combine(Tiny, file));
        hub.Hub.Add(Name, ("state_dict.bin", Read("state_dict.bin")), ("compression_state_dict.bin", Read("compression_state_dict.bin")), ("README.md", "---\nlicense: cc-by-nc-4.0\n---\n"u8.ToArray()));
        hub.Hub.Add(
            "t5-small", ("config.json", Read("t5/config.json")), ("spiece.model", Read("t5/spiece.model")), ("tokenizer_config.json", Read("t5/tokenizer_config.json")),
            (weights, content ?? T5), ("tf_model.h5", new byte[2000]));
        var whole = Path.Combine(Path.GetDirectoryName(hub.Cache)!, "whole.safetensors");
        File.WriteAllBytes(whole, T5);
        return whole;
    }

    private static string EncoderFile(HubFixture hub) => Path.Combine(Path.GetDirectoryName(hub.Cache)!, "audiocraft", "models--t5-small", LocalHub.Commit, "model.safetensors");

    private static byte[] WholeT5()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var encoder = TorchFile.Open(Path.Combine(Tiny, "t5", "pytorch_model.bin"));
        var tensors = encoder.Tensors.Keys.ToDictionary(name => name, encoder.Read);
        tensors["decoder.block.0.layer.0.SelfAttention.q.weight"] = rand(300, 300);
        tensors["decoder.final_layer_norm.weight"] = rand(24);
        tensors["lm_head.weight"] = rand(100, 24);
        // In the order of the real file: decoder, encoder, lm_head, shared.
        SafetensorsWriter.Write(folder.File("t5"), tensors.OrderBy(t => t.Key, StringComparer.Ordinal).ToDictionary());
        return File.ReadAllBytes(folder.File("t5"));
    }

    private sealed class Last : IProgress<DownloadProgress>
    {
        public DownloadProgress? Value { get; private set; }

        public void Report(DownloadProgress value) => Value = value;
    }
}
