using System.Text.Json;
using AudioCraft.Tests.Checkpoints;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

public class CompressionModelLoadingTests
{
    private const string Checkpoint = "audiogen_tiny_checkpoint";

    [Theory]
    [InlineData("")]
    [InlineData("compression_state_dict.bin")]
    public void Checkpoint_directory_and_file_decode_recorded_tokens_to_recorded_audio(string file)
    {
        using var model = CompressionModel.GetPretrained(Path.Combine(Golden.Directory(Checkpoint), file), CPU);
        Assert.Equal((16000, 50, 4, 64), (model.SampleRate, model.FrameRate, model.NumCodebooks, model.Cardinality));
        Assert.False(model.training);
        using var io = Golden.Tensors(Checkpoint);
        var runs = io.Tensors.Keys.Where(k => k.EndsWith("/tokens", StringComparison.Ordinal)).Select(k => k.Split('/')[0]).ToList();
        Assert.Equal(8, runs.Count);
        foreach (var run in runs)
        {
            using var scope = NewDisposeScope();
            Near.Equal(io.Read(run + "/wav"), model.Decode(io.Read(run + "/tokens")), 1e-5);
        }
    }

    [Fact]
    public void Recorded_prompts_encode_to_recorded_tokens()
    {
        using var model = CompressionModel.GetPretrained(Golden.Directory(Checkpoint));
        using var io = Golden.Tensors(Checkpoint);
        foreach (var run in new[] { "continuation", "continuation_notext_2d", "continuation_long" })
        {
            using var scope = NewDisposeScope();
            Exactly.Equal(io.Read(run + "/prompt_tokens"), model.Encode(io.Read(run + "/prompt_converted").to(CPU)).Codes.cpu());
        }
    }

    [Fact]
    public void Unknown_name_is_rejected_with_the_paths_that_were_tried()
    {
        Assert.Contains("facebook/encodec_24khz", Assert.Throws<HubException>(() => CompressionModel.GetPretrained("facebook/encodec_24khz")).Message, StringComparison.Ordinal);
        Assert.Contains("compression_state_dict.bin", Assert.Throws<CheckpointException>(() => CompressionModel.GetPretrained("no/such/directory")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => CompressionModel.GetPretrained(" "));
        using var empty = new TemporaryFolder();
        Assert.Contains("compression_state_dict.bin", Assert.Throws<CheckpointException>(() => CompressionModel.GetPretrained(empty.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Codec_given_by_name_is_found_beside_the_checkpoint_or_reported_by_name()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Directory.CreateDirectory(folder.File("musicgen")).FullName;
        File.WriteAllText(
            Path.Combine(checkpoint, "config.json"), """{"model_type": "audiocraft", "compression_state_dict": {"pretrained": "facebook/encodec_tiny"}}""");
        Assert.Contains("'facebook/encodec_tiny'", Assert.Throws<HubException>(() => CompressionModel.GetPretrained(checkpoint)).Message, StringComparison.Ordinal);

        var codec = Directory.CreateDirectory(folder.File("encodec_tiny")).FullName;
        File.Copy(Golden.File(Checkpoint, "compression_state_dict.bin"), Path.Combine(codec, "compression_state_dict.bin"));
        using var model = CompressionModel.GetPretrained(checkpoint);
        Assert.Equal(16000, model.SampleRate);
    }

    [Theory]
    [InlineData("../../etc")]
    [InlineData("/etc")]
    [InlineData("a/b/c")]
    [InlineData("..")]
    [InlineData("")]
    public void Codec_given_by_name_is_never_used_as_a_path(string named)
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", JsonSerializer.SerializeToUtf8Bytes(new { model_type = "audiocraft", compression_state_dict = new { pretrained = named } }));
        Assert.Contains("not the name of a model", Assert.Throws<CheckpointException>(() => CompressionModel.GetPretrained(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Circular_references_between_checkpoints_end()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("circle"));
        File.WriteAllText(
            folder.File("circle/config.json"), """{"model_type": "audiocraft", "compression_state_dict": {"pretrained": "circle"}}""");
        Assert.Contains("longer than", Assert.Throws<CheckpointException>(() => CompressionModel.GetPretrained(folder.File("circle"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Configuration_larger_than_the_file_is_rejected_before_allocation()
    {
        using var folder = new TemporaryFolder();
        var yaml = File.ReadAllText(Golden.File(Checkpoint, "xp.cfg.compression.yaml")).Replace("n_filters: 2", "n_filters: 16384", StringComparison.Ordinal);
        folder.Write(
            "config.json",
            JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
            {
                ["model_type"] = "audiocraft",
                ["compression_state_dict"] = new Dictionary<string, string> { ["xp.cfg"] = yaml },
            }));
        File.Copy(Golden.File("encodec_noncausal_16k_audiogen_tiny", "weights.safetensors"), folder.File("compression_state_dict.safetensors"));
        Assert.Contains("weights", Assert.Throws<CheckpointException>(() => CompressionModel.GetPretrained(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_a_wrong_shape_are_named()
    {
        using var folder = new TemporaryFolder();
        var yaml = File.ReadAllText(Golden.File(Checkpoint, "xp.cfg.compression.yaml"));
        folder.Write(
            "config.json",
            JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
            {
                ["model_type"] = "audiocraft",
                ["compression_state_dict"] = new Dictionary<string, string> { ["xp.cfg"] = yaml },
            }));
        File.Copy(Golden.File("encodec_noncausal_16k_audiogen_tiny", "weights.safetensors"), folder.File("compression_state_dict.safetensors"));
        Assert.Contains(
            "quantizer.vq.layers.0._codebook.embed is [128, 16], not [64, 16]",
            Assert.Throws<CheckpointException>(() => CompressionModel.GetPretrained(folder.Path)).Message,
            StringComparison.Ordinal);
    }
}
