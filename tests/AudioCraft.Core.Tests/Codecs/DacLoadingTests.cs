using System.Text.Json.Nodes;
using AudioCraft.Tests.Checkpoints;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

[Collection(ProcessWideState.Name)]
public class DacLoadingTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public DacLoadingTests() => manual_seed(20261127);

    [Theory]
    [InlineData("dac_44khz", "weights_44khz_8kbps_0.0.1.pth", "0.0.1/weights.pth")]
    [InlineData("dac_24khz", "weights_24khz_8kbps_0.0.4.pth", "0.0.4/weights_24khz.pth")]
    [InlineData("dac_16khz", "weights_16khz_8kbps_0.0.5.pth", "0.0.5/weights_16khz.pth")]
    public void Published_name_without_a_file_is_rejected_with_its_download_address(string name, string file, string address)
    {
        var message = Assert.Throws<HubException>(() => CompressionModel.GetPretrained(name)).Message;
        Assert.Contains("descript/" + name, message, StringComparison.Ordinal);
        Assert.Contains(file, message, StringComparison.Ordinal);
        Assert.Contains(address, message, StringComparison.Ordinal);
        Assert.Contains(Path.Combine(".cache", "descript", "dac"), message, StringComparison.Ordinal);
    }

    [Fact]
    public void Checkpoint_can_name_a_dac_beside_it()
    {
        using var folder = new TemporaryFolder();
        Directory.Move(GoldenDac.WriteHub("dac_tiny", folder), folder.File("dac_44khz"));
        Directory.CreateDirectory(folder.File("music"));
        File.WriteAllText(folder.File("music/config.json"), """{"model_type": "audiocraft", "compression_state_dict": {"pretrained": "dac_44khz"}}""");
        using var model = CompressionModel.GetPretrained(folder.File("music"), CPU);
        Assert.Equal((44100, 6, 64), (model.SampleRate, model.NumCodebooks, model.Cardinality));
    }

    [Fact]
    public void Both_spellings_of_weight_norm_and_a_file_alone_load_in_the_hub_layout()
    {
        using var folder = new TemporaryFolder();
        var directory = GoldenDac.WriteHub("dac_tiny_latent", folder);
        using var model = CompressionModel.GetPretrained(Path.Combine(directory, "model.safetensors"), CPU);
        using var original = GoldenDac.Load("dac_tiny_latent");
        using var x = rand(1, 1, 500);
        using var first = model.Encode(x).Codes;
        using var second = original.Encode(x).Codes;
        Exactly.Equal(second, first);
    }

    [Theory]
    [InlineData("n_codebooks", "1000000")]
    [InlineData("n_codebooks", "\"six\"")]
    [InlineData("n_codebooks", "1000")]
    [InlineData("downsampling_ratios", "[2, 4, -8]")]
    [InlineData("downsampling_ratios", "[]")]
    [InlineData("downsampling_ratios", "{}")]
    [InlineData("downsampling_ratios", "[2, 4, 4]")]
    [InlineData("encoder_hidden_size", "65536")]
    [InlineData("encoder_hidden_size", "99999999999")]
    [InlineData("codebook_dim", "[8, 8]")]
    [InlineData("hidden_size", "31")]
    [InlineData("sampling_rate", "0")]
    public void Invalid_configuration_or_one_that_does_not_fit_the_weights_is_rejected(string key, string value)
    {
        using var folder = new TemporaryFolder();
        var directory = GoldenDac.WriteHub("dac_tiny", folder);
        var path = Path.Combine(directory, "config.json");
        var config = (JsonObject)JsonNode.Parse(File.ReadAllText(path))!;
        config[key] = JsonNode.Parse(value);
        File.WriteAllText(path, config.ToJsonString());
        LiveTensors.NoneLeftOfModules(() => Assert.Throws<CheckpointException>(() => CompressionModel.GetPretrained(directory, CPU)));
    }

    [Fact]
    public void Truncated_or_damaged_file_is_rejected_or_read()
    {
        var good = File.ReadAllBytes(Golden.File("dac_tiny_latent", "dac_weights.pth"));
        using var folder = new TemporaryFolder();
        var path = folder.File("cut.pth");
        for (var length = good.Length - 1; length > 0; length -= 997)
        {
            File.WriteAllBytes(path, good[..length]);
            Assert.Throws<CheckpointException>(() => CompressionModel.GetPretrained(path, CPU));
        }

        var random = new Random(4);
        for (var i = 0; i < 150; i++)
        {
            var bad = (byte[])good.Clone();
            for (var n = 0; n < 3; n++)
            {
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(path, bad);
            try
            {
                CompressionModel.GetPretrained(path, CPU).Dispose();
            }
            catch (CheckpointException)
            {
                // Rejecting the file is one of the two valid results.
            }
        }
    }

    [Fact]
    public void Missing_weights_are_named()
    {
        using var folder = new TemporaryFolder();
        var directory = GoldenDac.WriteHub("dac_tiny", folder);
        var path = Path.Combine(directory, "config.json");
        var config = (JsonObject)JsonNode.Parse(File.ReadAllText(path))!;
        config["n_codebooks"] = 5;
        File.WriteAllText(path, config.ToJsonString());
        Assert.Contains("quantizer.quantizers.5.codebook.weight", Assert.Throws<CheckpointException>(() => CompressionModel.GetPretrained(directory, CPU)).Message, StringComparison.Ordinal);
    }
}
