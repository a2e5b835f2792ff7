using System.Text;
using System.Text.Json;
using AudioCraft.Checkpoints;

namespace AudioCraft.Tests.Checkpoints;

[Collection(ProcessWideState.Name)]
public class AudioCraftCheckpointTests
{
    private static readonly string Tiny = Golden.Directory("audiogen_tiny_checkpoint");

    [Fact]
    public void Directory_opens_as_language_model_and_codec_with_their_configurations()
    {
        LiveTensors.NoneLeft(() =>
        {
            using var lm = AudioCraftCheckpoint.OpenLanguageModel(Tiny);
            Assert.Equal("audiogen", lm.Config.GetString("solver"));
            Assert.Equal([65, 32], lm.Weights.Tensors["emb.0.weight"].Shape);
            Assert.Null(lm.Pretrained);
            using var codec = AudioCraftCheckpoint.OpenCompressionModel(Tiny);
            Assert.Equal("compression", codec.Config.GetString("solver"));
            Assert.True(codec.Weights.Tensors.ContainsKey("quantizer.vq.layers.0._codebook.embed"));
            using var file = AudioCraftCheckpoint.OpenLanguageModel(Path.Combine(Tiny, "state_dict.bin"));
            Assert.Equal(lm.Weights.Tensors.Keys, file.Weights.Tensors.Keys);
        });
    }

    [Fact]
    public void Converted_form_has_the_same_tensors_and_configuration()
    {
        using var folder = new TemporaryFolder();
        using var original = AudioCraftCheckpoint.OpenLanguageModel(Tiny);
        SafetensorsWriter.Write(folder.File("state_dict.safetensors"), original.Weights);
        var yaml = File.ReadAllText(Golden.File("audiogen_tiny_checkpoint", "xp.cfg.lm.yaml"));
        folder.Write("config.json", JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
        {
            ["model_type"] = AudioCraftCheckpoint.ModelType,
            ["state_dict"] = new Dictionary<string, string> { ["xp.cfg"] = yaml },
            ["compression_state_dict"] = new Dictionary<string, string> { ["pretrained"] = "facebook/encodec_32khz" },
        }));
        foreach (var path in new[] { folder.Path, folder.File("state_dict.safetensors") })
        {
            using var converted = AudioCraftCheckpoint.OpenLanguageModel(path);
            Assert.Equal(32, converted.Config.GetInt32("transformer_lm.dim"));
            using var want = original.Weights.Read("emb.3.weight");
            using var have = converted.Weights.Read("emb.3.weight");
            Exactly.Equal(want, have);
        }

        using var codec = AudioCraftCheckpoint.OpenCompressionModel(folder.Path);
        Assert.Equal("facebook/encodec_32khz", codec.Pretrained);
    }

    [Fact]
    public void Codec_that_is_only_named_returns_the_name()
    {
        using var folder = new TemporaryFolder();
        var pickle = new PickleWriter().Dictionary(("pretrained", "facebook/encodec_32khz"), ("exported", true));
        folder.Write("compression_state_dict.bin", TorchZipBuilder.Build(pickle));
        using var codec = AudioCraftCheckpoint.OpenCompressionModel(folder.Path);
        Assert.Equal("facebook/encodec_32khz", codec.Pretrained);
        Assert.Contains("facebook/encodec_32khz", Assert.Throws<CheckpointException>(() => codec.Weights).Message, StringComparison.Ordinal);
        Assert.Contains("facebook/encodec_32khz", Assert.Throws<CheckpointException>(() => codec.Config).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_or_foreign_checkpoint_is_an_error_that_lists_what_was_looked_for()
    {
        using var folder = new TemporaryFolder();
        var empty = Assert.Throws<CheckpointException>(() => AudioCraftCheckpoint.OpenLanguageModel(folder.Path)).Message;
        Assert.Contains("state_dict.bin", empty, StringComparison.Ordinal);
        Assert.Contains("state_dict.safetensors", empty, StringComparison.Ordinal);
        Assert.Contains("neither a file nor a directory", Assert.Throws<CheckpointException>(() => AudioCraftCheckpoint.OpenLanguageModel(folder.File("no"))).Message, StringComparison.Ordinal);
        Assert.Contains("'xp.cfg'", Assert.Throws<CheckpointException>(() => AudioCraftCheckpoint.OpenLanguageModel(TestData.Checkpoint("nested.pt"))).Message, StringComparison.Ordinal);
        File.Copy(Path.Combine(Tiny, "io.safetensors"), folder.File("state_dict.safetensors"));
        Assert.Contains("config.json", Assert.Throws<CheckpointException>(() => AudioCraftCheckpoint.OpenLanguageModel(folder.Path)).Message, StringComparison.Ordinal);
        foreach (var config in new[] { "{}", "[]", "{\"model_type\":\"musicgen\"}", "{\"model_type\":\"audiocraft\",\"state_dict\":{}}", "{", "" })
        {
            folder.Write("config.json", Encoding.UTF8.GetBytes(config));
            Assert.Contains("config.json", Assert.Throws<CheckpointException>(() => AudioCraftCheckpoint.OpenLanguageModel(folder.Path)).Message, StringComparison.Ordinal);
        }
    }
}
