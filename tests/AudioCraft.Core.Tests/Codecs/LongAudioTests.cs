using AudioCraft.Codecs;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

/// <summary>Long audio, which is coded in chunks, compared with the layers applied to the complete audio.</summary>
[Collection(ProcessWideState.Name)]
[Trait("Category", "Slow")]
public class LongAudioTests
{
    [Theory]
    [InlineData(true, ConvPaddingMode.Reflect, 1)]
    [InlineData(false, ConvPaddingMode.Constant, 2)]
    public void Encodec_long_audio_matches_unchunked(bool causal, ConvPaddingMode padding, int items)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        random.manual_seed(7);
        using var model = new EncodecModel(new EncodecConfig
        {
            SampleRate = 16000,
            Causal = causal,
            Encoder = new() { Filters = 16, Dimension = 8, ResidualLayers = 1, Ratios = [8, 5, 4], LstmLayers = 1, Causal = causal, Norm = ConvNorm.WeightNorm, PaddingMode = padding },
            Quantizer = new() { NumCodebooks = 2, Cardinality = 16, KMeansInit = false },
        });
        model.eval();
        Check(model, randn(items, 1, (1 << 19) + 12345) * 0.1);
    }

    [Fact]
    public void Dac_long_audio_matches_unchunked()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        random.manual_seed(8);
        using var model = new DacModel(new DacConfig
        {
            SampleRate = 16000, EncoderDimension = 16, EncoderRates = [2, 4, 5], DecoderDimension = 64, DecoderRates = [5, 4, 2], NumCodebooks = 2, Cardinality = 16, CodebookDimensions = [4],
        });
        model.eval();
        Check(model, randn(1, 1, (1 << 19) + 12345) * 0.1);
    }

    private static void Check(CompressionModel model, Tensor audio)
    {
        var (codes, _) = model.Encode(audio);
        var whole = model.forward(audio);
        Assert.Equal(whole.Codes.shape, codes.shape);
        Assert.InRange(whole.Codes.ne(codes).sum().item<long>(), 0, codes.numel() / 10_000);
        Near.Equal(whole.X, model.Decode(whole.Codes).narrow(2, 0, audio.size(2)), 1e-5);
    }
}
