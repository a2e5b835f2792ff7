using AudioCraft.Checkpoints;
using AudioCraft.Tests.Codecs;
using AudioCraft.Tests.Generation;
using AudioCraft.Tests.Hub;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Checkpoints;

[Collection(ProcessWideState.Name)]
public class ConversionTests
{
    private static readonly string Tiny = Golden.Directory("audiogen_tiny_checkpoint");

    [Theory]
    [InlineData(null)]
    [InlineData(ScalarType.Float32)]
    public void Converted_checkpoint_is_self_contained_and_generates_the_same_tokens(ScalarType? type)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var reports = new Reports();
        LiveTensors.NoneLeft(() => CheckpointConverter.Convert(Tiny, folder.File("out"), new ConversionOptions { DType = type }, reports));
        Assert.Equal(
            ["compression_state_dict.safetensors", "config.json", "state_dict.safetensors", "t5/config.json", "t5/model.safetensors", "t5/spiece.model", "t5/tokenizer_config.json"],
            Names(folder.File("out")).Where(name => name != "README.md"));
        Assert.Equal(["out"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));
        Assert.Equal(reports[^1].TotalBytes, reports[^1].Bytes);
        using var original = AudioGenTests.Load();
        using var converted = AudioGen.GetPretrained(folder.File("out"), CPU);
        original.GenerationParams = converted.GenerationParams = new GenerationParams { Duration = 0.5, Seed = 3 };
        Exactly.Equal(original.GenerateWithTokens(["rain"]).Tokens, converted.GenerateWithTokens(["rain"]).Tokens);
    }

    [Theory]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    public void Half_precision_conversion_rounds_to_nearest_and_loads(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        CheckpointConverter.Convert(Tiny, folder.File("out"), new ConversionOptions { DType = type });
        using var before = AudioCraftCheckpoint.OpenLanguageModel(Tiny);
        using var after = AudioCraftCheckpoint.OpenLanguageModel(folder.File("out"));
        foreach (var (name, info) in after.Weights.Tensors)
        {
            Assert.Equal(type, info.DType);
            Exactly.Equal(before.Weights.Read(name).to(type).to(ScalarType.Float32), after.Weights.Read(name).to(ScalarType.Float32));
            Assert.NotNull(after.Weights.TryMap(name));
        }

        using var encoder = SafetensorsFile.Open(folder.File("out/t5/model.safetensors"));
        Assert.All(encoder.Tensors.Values, info => Assert.Equal(type, info.DType));
        using var codec = AudioCraftCheckpoint.OpenCompressionModel(folder.File("out"));
        Assert.Contains(codec.Weights.Tensors.Values, info => info.DType == ScalarType.Float32);
        using var model = AudioGen.GetPretrained(folder.File("out"), CPU);
        model.GenerationParams = new GenerationParams { Duration = 0.2 };
        Assert.Equal([1, 1, 3200], model.Generate("rain").shape);
    }

    [Fact]
    public async Task Model_on_the_Hub_converts_by_name()
    {
        using var hub = new HubFixture();
        using var folder = new TemporaryFolder();
        using var source = new TemporaryFolder();
        HuggingFaceEncodec.Write(source, "encodec_noncausal_32k_tiny");
        hub.Hub.Add(
            "facebook/encodec-test", ("config.json", File.ReadAllBytes(source.File("config.json"))), ("model.safetensors", File.ReadAllBytes(source.File("model.safetensors"))),
            ("README.md", "---\nlicense: mit\n---\n# EnCodec\n"u8.ToArray()));
        await CheckpointConverter.ConvertAsync("facebook/encodec-test", folder.File("out"), new ConversionOptions { Source = hub.Options });
        Assert.Equal(["README.md", "config.json", "model.safetensors"], Names(folder.File("out")));
        using var codec = CompressionModel.GetPretrained(folder.File("out"), CPU);
        Assert.Equal(32000, codec.SampleRate);
        Assert.Equal("mit", CheckpointInspector.Inspect(folder.File("out")).License);
    }

    [Fact]
    public void Conversion_includes_a_named_codec_where_loading_finds_it()
    {
        using var folder = new TemporaryFolder();
        using var codec = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("source/encodec_tiny"));
        File.WriteAllBytes(folder.File("source/compression_state_dict.bin"), TorchZipBuilder.Build(new PickleWriter().Dictionary(("pretrained", "facebook/encodec_tiny"), ("exported", true))));
        HuggingFaceEncodec.Write(codec, "encodec_noncausal_32k_tiny");
        foreach (var file in new[] { "config.json", "model.safetensors" })
        {
            File.Copy(codec.File(file), folder.File($"source/encodec_tiny/{file}"));
        }

        CheckpointConverter.Convert(folder.File("source"), folder.File("out"));
        Directory.Delete(folder.File("source"), recursive: true);
        using var model = CompressionModel.GetPretrained(folder.File("out"), CPU);
        Assert.Equal(32000, model.SampleRate);
    }

    [Fact]
    public void Hugging_Face_directory_converts_to_one_weights_file_in_the_same_layout()
    {
        using var scope = NewDisposeScope();
        using var source = new TemporaryFolder();
        using var folder = new TemporaryFolder();
        HuggingFaceMusicGen.Write(source, sharded: true);
        CheckpointConverter.Convert(source.Path, folder.File("out"));
        Assert.Equal(["config.json", "generation_config.json", "model.safetensors", "spiece.model", "tokenizer_config.json"], Names(folder.File("out")));
        using var first = MusicGen.GetPretrained(source.Path, CPU);
        using var second = MusicGen.GetPretrained(folder.File("out"), CPU);
        first.GenerationParams = second.GenerationParams = new GenerationParams { Duration = 0.5, Seed = 3 };
        Exactly.Equal(first.GenerateWithTokens(["rain"]).Tokens, second.GenerateWithTokens(["rain"]).Tokens);
    }

    [Fact]
    public void Canceled_or_failed_conversion_leaves_no_directory()
    {
        using var folder = new TemporaryFolder();
        using var cancel = new CancellationTokenSource();
        var seen = 0;
        var progress = new Reports(_ =>
        {
            if (++seen == 20)
            {
                cancel.Cancel();
            }
        });
        Assert.ThrowsAny<OperationCanceledException>(() => CheckpointConverter.Convert(Tiny, folder.File("out"), null, progress, cancel.Token));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));

        // A killed process leaves a hidden directory without config.json. It is not loaded, and the next conversion removes it.
        Directory.CreateDirectory(folder.File(".out.partial"));
        File.WriteAllBytes(folder.File(".out.partial/state_dict.safetensors"), [1, 2, 3]);
        Assert.Throws<CheckpointException>(() => AudioGen.GetPretrained(folder.File(".out.partial"), CPU));
        CheckpointConverter.Convert(Tiny, folder.File("out"));
        Assert.Equal(["out"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Non_empty_directory_is_replaced_only_with_Overwrite()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("out"));
        CheckpointConverter.Convert(Tiny, folder.File("out"));
        Assert.Contains("exists already", Assert.Throws<AudioCraftException>(() => CheckpointConverter.Convert(Tiny, folder.File("out"))).Message, StringComparison.Ordinal);
        File.WriteAllText(folder.File("out/other.txt"), "");
        CheckpointConverter.Convert(Tiny, folder.File("out"), new ConversionOptions { Overwrite = true });
        Assert.False(File.Exists(folder.File("out/other.txt")));
        Assert.Equal(["out"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));
        Assert.Throws<ArgumentException>(() => CheckpointConverter.Convert(Tiny, folder.File("x"), new ConversionOptions { DType = ScalarType.Int8 }));
        Assert.Throws<CheckpointException>(() => CheckpointConverter.Convert(folder.File("no/such/place"), folder.File("x")));
        Assert.False(Directory.Exists(folder.File("x")));
    }

    [Fact]
    public void Inspection_lists_contents_without_reading_tensors()
    {
        LiveTensors.NoneLeft(() =>
        {
            var description = CheckpointInspector.Inspect(Tiny);
            var tensor = Assert.Single(description.Tensors, t => t.File == "state_dict.bin" && t.Name == "best_state.emb.0.weight");
            Assert.Equal((ScalarType.Float16, "65, 32", 65L * 32 * 2), (tensor.DType, string.Join(", ", tensor.Shape), tensor.Bytes));
            Assert.Contains("transformer_lm:", description.Configurations["state_dict.bin: xp.cfg"], StringComparison.Ordinal);
            Assert.Contains("d_model", description.Configurations[Path.Combine("t5", "config.json")], StringComparison.Ordinal);
            Assert.Contains(description.Tensors, t => t.File == Path.Combine("t5", "pytorch_model.bin") && t.Name == "shared.weight");
            Assert.Null(description.License);
            Assert.Contains(CheckpointInspector.Inspect(Path.Combine(Tiny, "compression_state_dict.bin")).Tensors, t => t.Name.StartsWith("best_state.encoder.", StringComparison.Ordinal));
        });
        using var folder = new TemporaryFolder();
        Assert.Throws<CheckpointException>(() => CheckpointInspector.Inspect(folder.Path));
        Assert.Throws<CheckpointException>(() => CheckpointInspector.Inspect(folder.File("none")));
        folder.Write("model.safetensors", [1, 2, 3]);
        Assert.Throws<CheckpointException>(() => CheckpointInspector.Inspect(folder.Path));
        folder.Write("model.safetensors", Safetensors.Build("""{"__metadata__":{"license":"apache-2.0"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 0, 0, 0, 0));
        Assert.Equal("apache-2.0", CheckpointInspector.Inspect(folder.File("model.safetensors")).License);
    }

    private static List<string> Names(string directory) =>
        [.. Directory.GetFiles(directory, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(directory, file)).Order(StringComparer.Ordinal)];

    private sealed class Reports(Action<ConversionProgress>? also = null) : List<ConversionProgress>, IProgress<ConversionProgress>
    {
        public void Report(ConversionProgress value)
        {
            Add(value);
            also?.Invoke(value);
        }
    }
}
