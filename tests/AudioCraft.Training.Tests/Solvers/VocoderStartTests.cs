using AudioCraft.Compression;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training.Tests.Solvers;

public sealed class VocoderStartTests
{
    private const int Rate = 16000;

    [Theory]
    [InlineData(450, 0.5)]
    [InlineData(1000, 0.1)]
    [InlineData(1000, 0.01)]
    [InlineData(3000, 0.03)]
    [InlineData(5000, 0.3)]
    public void A_tone_keeps_its_place_and_its_level_before_anything_is_learnt(double hertz, double amplitude)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var x = (arange(Rate, dtype: ScalarType.Float32) * (float)(2 * Math.PI * hertz / Rate)).sin() * (float)amplitude;
        var y = Through(Model(), x.view(1, 1, -1));
        var (place, power) = Spectrum(y);
        Assert.InRange(place, hertz * 0.93, hertz * 1.07);
        Assert.InRange(10 * Math.Log10(power / Spectrum(x.view(1, 1, -1)).Power), -6, 6);
    }

    [Fact]
    public void Silence_stays_silent_and_a_click_stays_where_it_is()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var model = Model();
        Assert.InRange(Through(model, zeros(1, 1, 8000)).abs().max().item<float>(), 0, 0.02);
        var click = zeros(1, 1, Rate);
        click.narrow(2, 8000, 20).fill_(0.8f);
        var energy = Through(model, click).square().view(-1, 320).sum(1);
        Assert.InRange(energy.argmax().item<long>(), 24, 26);
        Assert.True((energy.narrow(0, 22, 7).sum() / energy.sum()).item<float>() > 0.9);
    }

    [Fact]
    public void Models_without_the_layers_for_it_are_refused()
    {
        var fit = Config();
        Assert.True(VocoderStart.Takes(fit));
        foreach (var unfit in new[]
        {
            fit with { Encoder = fit.Encoder with { Ratios = [5, 8, 8] } },
            fit with { Encoder = fit.Encoder with { LstmLayers = 1 } },
            fit with { Encoder = fit.Encoder with { PaddingMode = ConvPaddingMode.Constant } },
            fit with { Encoder = fit.Encoder with { Filters = 4 } },
            fit with { Encoder = fit.Encoder with { Activation = new("Tanh") } },
        })
        {
            Assert.False(VocoderStart.Takes(unfit));
        }

        var training = new TrainingOptions { Directory = Path.GetTempPath(), Steps = 1 };
        Assert.Throws<ArgumentException>(() => new CompressionTrainingOptions { Training = training, Model = fit with { Encoder = fit.Encoder with { LstmLayers = 1 } }, VocoderStart = true }.Validate());
        Assert.Throws<ArgumentException>(() => new CompressionTrainingOptions { Training = training, Model = fit, VocoderStart = true, ComponentBatches = 2 }.Validate());
    }

    private static EncodecConfig Config() => new()
    {
        SampleRate = Rate,
        Encoder = new SEANetConfig { Filters = 16, Dimension = 32, ResidualLayers = 1, Ratios = [1, 5, 8, 8], Norm = ConvNorm.WeightNorm, PaddingMode = ConvPaddingMode.Reflect },
        Quantizer = new QuantizerConfig { CodebookCount = 2, Bins = 16 },
    };

    private static EncodecModel Model()
    {
        random.manual_seed(3);
        var model = new EncodecModel(Config(), training: true);
        VocoderStart.Apply(model);
        return model;
    }

    private static Tensor Through(EncodecModel model, Tensor x) => model.Decoder.call(model.Encoder.call(x)).narrow(2, 0, x.size(2));

    /// <summary>The centre of power, and all power.</summary>
    private static (double Place, double Power) Spectrum(Tensor sound)
    {
        var hertz = arange(0, Rate / 2, 10, dtype: ScalarType.Float32);
        var angles = hertz.unsqueeze(1) * (arange(sound.size(2), dtype: ScalarType.Float32) * (float)(2 * Math.PI / Rate)).unsqueeze(0);
        var power = angles.cos().mv(sound.view(-1)).square() + angles.sin().mv(sound.view(-1)).square();
        return ((power * hertz).sum().item<float>() / power.sum().item<float>(), power.sum().item<float>());
    }
}
