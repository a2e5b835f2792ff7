using AudioCraft.Checkpoints;
using AudioCraft.Codecs;

namespace AudioCraft.Tests.Codecs;

public class EncodecConfigReaderTests
{
    private static string Yaml => File.ReadAllText(Golden.File("audiogen_tiny_checkpoint", "xp.cfg.compression.yaml"));

    [Fact]
    public void Configuration_of_a_checkpoint_is_read_with_its_references()
    {
        var config = EncodecConfigReader.Read(CheckpointConfig.Parse(Yaml, "test"));
        Assert.Equal(16000, config.SampleRate);
        Assert.Equal(1, config.Channels);
        Assert.Equal(50, config.FrameRateOrDefault);
        Assert.Equal([8, 5, 4, 2], config.Encoder.Ratios);
        Assert.Equal(2, config.Encoder.Filters);
        Assert.Equal(ConvNorm.WeightNorm, config.Encoder.Norm);
        Assert.Equal(ConvPaddingMode.Constant, config.Encoder.PaddingMode);
        Assert.Equal(2, config.Encoder.LstmLayers);
        Assert.False(config.Encoder.Causal);
        Assert.Null(config.DecoderOrDefault.FinalActivation);
        Assert.Equal(4, config.Quantizer.NumCodebooks);
        Assert.Equal(64, config.Quantizer.Cardinality);
        Assert.Equal(50, config.Quantizer.KMeansIterations);
    }

    [Fact]
    public void Settings_of_one_side_override_shared_settings()
    {
        var config = EncodecConfigReader.Read(CheckpointConfig.Parse(
            Yaml.Replace("  encoder: {}", "  encoder:\n    pad_mode: reflect", StringComparison.Ordinal)
                .Replace("    final_activation: null", "    final_activation: Tanh", StringComparison.Ordinal),
            "test"));
        Assert.Equal(ConvPaddingMode.Reflect, config.Encoder.PaddingMode);
        Assert.Equal(ConvPaddingMode.Constant, config.DecoderOrDefault.PaddingMode);
        Assert.Equal("Tanh", config.DecoderOrDefault.FinalActivation!.Name);
        Assert.Null(config.Encoder.FinalActivation);
    }

    [Theory]
    [InlineData("compression_model: encodec", "compression_model: dac", "'dac'")]
    [InlineData("  quantizer: rvq", "  quantizer: no_quant", "'no_quant'")]
    [InlineData("  norm: weight_norm", "  norm: spectral_norm", "spectral_norm")]
    [InlineData("  n_filters: 2", "  n_filters: 2000000000", "2000000000")]
    [InlineData("  n_filters: 2", "  n_filters: 2\n  wings: 2", "wings")]
    [InlineData("  activation: ELU", "  activation: Softmax", "Softmax")]
    [InlineData("  - 8\n", "  - 0\n", "Ratios")]
    [InlineData("  - 8\n", "  - 99999999999\n", "99999999999")]
    [InlineData("  bins: 64", "  bins: -1", "-1")]
    [InlineData("  causal: false\n  renormalize: false", "  causal: true\n  renormalize: true", "renormalize")]
    public void Invalid_value_of_a_codec_is_named(string part, string replacement, string said)
    {
        Assert.Contains(part, Yaml, StringComparison.Ordinal);
        var config = CheckpointConfig.Parse(Yaml.Replace(part, replacement, StringComparison.Ordinal), "test");
        Assert.Contains(said, Assert.Throws<CheckpointException>(() => EncodecConfigReader.Read(config)).Message, StringComparison.Ordinal);
    }
}
