using System.Text;
using AudioCraft.Checkpoints;
using AudioCraft.Tests.Generation;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Checkpoints;

public class CheckpointLoaderTests
{
    private static readonly PretrainedOptions Options = new() { Device = CPU };

    [Fact]
    public async Task GetPretrained_returns_the_class_of_the_checkpoint()
    {
        using var audio = BaseGenModel.GetPretrained(Golden.Directory("audiogen_tiny_checkpoint"), CPU);
        Assert.IsType<AudioGen>(audio);
        Assert.Equal(2, ((AudioGen)audio).GenerationParams.ExtendStride);
        using var folder = new TemporaryFolder();
        HuggingFaceMusicGen.Write(folder);
        using var music = await BaseGenModel.GetPretrainedAsync(folder.Path, Options);
        Assert.IsType<MusicGen>(music);
        Assert.Equal(18, music.GenerationParams.ExtendStride);
    }

    [Fact]
    public void GetPretrained_returns_a_MusicGen_for_the_musicgen_solver()
    {
        using var folder = new TemporaryFolder();
        CheckpointConverter.Convert(Golden.Directory("audiogen_tiny_checkpoint"), folder.File("model"));
        var path = folder.File("model/config.json");
        var config = File.ReadAllText(path);
        Assert.Contains("solver: audiogen", config, StringComparison.Ordinal);
        File.WriteAllText(path, config.Replace("solver: audiogen", "solver: musicgen", StringComparison.Ordinal));
        using var model = BaseGenModel.GetPretrained(folder.File("model"), Options);
        Assert.IsType<MusicGen>(model);
    }

    [Fact]
    public void Unreadable_directory_is_an_error_that_lists_every_layout()
    {
        using var folder = new TemporaryFolder();
        var codec = Assert.Throws<CheckpointException>(() => CompressionModel.GetPretrained(folder.Path, Options)).Message;
        Assert.All(CheckpointLoader.Codecs, layout => Assert.Contains(layout.Name, codec, StringComparison.Ordinal));
        var model = Assert.Throws<CheckpointException>(() => BaseGenModel.GetPretrained(folder.Path, Options)).Message;
        Assert.All(CheckpointLoader.GenModels, layout => Assert.Contains(layout.Name, model, StringComparison.Ordinal));
    }

    [Fact]
    public void Each_codec_is_read_by_one_layout()
    {
        Assert.IsType<AudioCraftCodecLayout>(LayoutOf(Golden.Directory("audiogen_tiny_checkpoint")));
        Assert.IsType<DescriptDacLayout>(LayoutOf(Golden.File("dac_tiny_latent", "dac_weights.pth")));
        Assert.IsType<OriginalEncodecLayout>(LayoutOf(Golden.File("encodec_original_24k", "weights.safetensors")));
    }

    [Theory]
    [InlineData("{\"a\": 1", "not JSON")]
    [InlineData("[1]", "list")]
    [InlineData("{\"a\": \"\\ud800\"}", "not JSON")]
    public void Damaged_JSON_is_an_error_that_names_the_file(string json, string expected)
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", Encoding.UTF8.GetBytes(json));
        var message = Assert.Throws<CheckpointException>(() => CheckpointConfig.LoadJson(folder.File("config.json"))).Message;
        Assert.Contains("config.json", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void JSON_text_is_literal_and_its_types_are_kept()
    {
        var config = CheckpointConfig.ParseJson("{\"text\": \"${b}\", \"number\": \"5\", \"null\": null, \"a.b\": \"dotted\", \"list\": [1, 2], \"deep\": {\"flag\": true}}", "test.json");
        Assert.Equal("${b}", config.GetString("text"));
        Assert.Contains("test.json", Assert.Throws<CheckpointException>(() => config.GetInt32("number")).Message, StringComparison.Ordinal);
        Assert.False(config.Has("null"));
        Assert.Equal("dotted", config.Text("a.b"));
        Assert.Equal([1, 2], config.GetInt32List("list"));
        Assert.True(config.GetBool("deep.flag"));
    }

    private static ICheckpointLayout<CompressionModel> LayoutOf(string path)
    {
        using var source = new CheckpointSource(path, new LoadContext(Options));
        return Assert.Single(CheckpointLoader.Codecs, layout => layout.CanRead(source));
    }
}
