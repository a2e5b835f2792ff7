using System.Text.Json;
using AudioCraft.Checkpoints;
using AudioCraft.Codecs;
using AudioCraft.LanguageModel;
using AudioCraft.Tests;
using AudioCraft.Tests.Checkpoints;
using static TorchSharp.torch;

namespace AudioCraft.Training.Tests;

public class CheckpointWriterTests
{
    private static readonly string Tiny = Golden.Directory("audiogen_tiny_checkpoint");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Written_checkpoint_generates_the_same_tokens_as_the_model_in_memory(bool half)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        manual_seed(3);
        using var lm = TinyLanguage.NewModel();
        if (half)
        {
            // Values that float16 represents exactly must round-trip exactly.
            using var guard = no_grad();
            foreach (var parameter in lm.parameters().Concat(LanguageModelSolver.Conditioners(lm).Single().TextEncoder.Encoder.parameters()))
            {
                parameter.copy_(parameter.to(ScalarType.Float16));
            }
        }

        CheckpointWriter.Write(folder.File("model"), lm, Tiny, TinyLanguage.TokenizerModel, 2.5, half);
        using var read = AudioGen.GetPretrained(folder.File("model"), CPU);
        Assert.Equal((16000, 2.5), (read.SampleRate, read.MaxDuration));
        Assert.Equal(JsonSerializer.Serialize(lm.Config), JsonSerializer.Serialize(read.LM.Config));
        using var memory = new AudioGen("memory", CompressionModel.GetPretrained(Tiny, CPU), lm, 2.5);
        memory.GenerationParams = read.GenerationParams = new GenerationParams { Duration = 0.5, Seed = 3 };
        var (audio, tokens) = read.GenerateWithTokens(["a low hum", ""]);
        Exactly.Equal(memory.GenerateWithTokens(["a low hum", ""]).Tokens, tokens);
        Assert.Equal([2, 1, 8000], audio.shape);
        Assert.Equal(Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder.File("model"), path)).Order(StringComparer.Ordinal), new[]
        {
            "compression_state_dict.safetensors", "config.json", "state_dict.safetensors",
            Path.Combine("t5", "config.json"), Path.Combine("t5", "model.safetensors"), Path.Combine("t5", "spiece.model"), Path.Combine("t5", "tokenizer_config.json"),
        }.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Suggested_parameters_are_loaded_from_the_checkpoint()
    {
        using var folder = new TemporaryFolder();
        using var lm = TinyLanguage.NewModel();
        CheckpointWriter.Write(folder.File("model"), lm, Tiny, TinyLanguage.TokenizerModel, 5, suggested: new GenerationParams { CfgCoef = 1.5, Temperature = 0.7, TopK = 60 });
        using var read = AudioGen.GetPretrained(folder.File("model"), CPU);
        Assert.Equal(new GenerationParams { CfgCoef = 1.5, Temperature = 0.7, TopK = 60, Duration = 5 }, read.GenerationParams);
        using var silent = AudioGen.GetPretrained(Tiny, CPU);
        Assert.Equal(new GenerationParams { Duration = 5 }, silent.GenerationParams);
    }

    public static TheoryData<string> Configurations => new(
        "{}",
        """{"Pattern": 1, "EmptyInitial": 1, "NormFirst": false, "Activation": 1, "BiasAttention": true, "BiasFeedForward": true, "BiasProjection": true}""",
        """{"Pattern": 0, "Delays": [0, 2, 2, 5], "FlattenFirst": 2, "LayerScale": 1e-4, "CfgCoef": 2.5, "HiddenScale": 2.5}""",
        """{"Pattern": 2, "Flattening": [0, 1, 1, 2], "Delays": [0, 1, 1, 2], "Positions": 1, "XPos": true, "MaxPeriod": 500, "PositionalScale": 0.5}""",
        """{"Pattern": 3, "Delays": [0, 1, 1], "QueryKeyNorm": true, "QueryKeyNormCross": true, "AttentionAsFloat32": true, "PastContext": 9}""",
        """{"Pattern": 4, "CodebookGroup": 2, "KeyValueRepeat": 2, "Positions": 2, "CrossAttentionPositions": true, "CrossAttentionPositionScale": 0.25}""",
        """{"CrossConditions": [], "PrependConditions": ["description", "genre"], "SumConditions": ["a"], "InterpolatedConditions": ["b"], "IgnoredConditions": ["c"]}""");

    [Theory]
    [MemberData(nameof(Configurations))]
    public void Every_configuration_reads_back_unchanged(string json)
    {
        var config = JsonSerializer.Deserialize<LMConfig>(json)! with { Dim = 32, NumHeads = 4, NumLayers = 2, Cardinality = 16 };
        using var codec = CompressionModel.GetPretrained(Tiny, CPU);
        var text = LMConfigWriter.Write(config, [.. config.ConditionNames], codec, 5);
        var xp = CheckpointConfig.Parse(text, "written");
        Assert.Equal(5, xp.GetDouble("dataset.segment_duration"));
        var read = LMConfig.FromCheckpointConfig(xp);
        Assert.Equal(JsonSerializer.Serialize(config), JsonSerializer.Serialize(read));
    }

    [Fact]
    public void Writing_a_model_with_text_needs_its_tokenizer()
    {
        using var folder = new TemporaryFolder();
        using var lm = TinyLanguage.NewModel();
        Assert.Throws<ArgumentException>(() => CheckpointWriter.Write(folder.File("model"), lm, Tiny, null, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => CheckpointWriter.Write(folder.File("model"), lm, Tiny, TinyLanguage.TokenizerModel, 0));
        Assert.Throws<CheckpointException>(() => CheckpointWriter.Write(folder.File("model"), lm, folder.File("nowhere"), TinyLanguage.TokenizerModel, 5));
    }

    [Fact]
    public void Writing_leaks_no_tensor()
    {
        using var folder = new TemporaryFolder();
        using var lm = TinyLanguage.NewModel();
        LiveTensors.NoneLeftOfModules(() => CheckpointWriter.Write(folder.File("model"), lm, Tiny, TinyLanguage.TokenizerModel, 5));
    }
}
