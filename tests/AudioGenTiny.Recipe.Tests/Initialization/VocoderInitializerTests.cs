using AudioCraft;
using AudioCraft.Codecs;
using AudioCraft.Tests.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioGenTiny.Recipe.Tests;

public sealed class VocoderInitializerTests
{
    private const int Rate = 16000, Waves = 4, Entries = 16;

    [Theory]
    [InlineData(450, 0.5)]
    [InlineData(1000, 0.1)]
    [InlineData(1000, 0.01)]
    [InlineData(3000, 0.03)]
    [InlineData(5000, 0.3)]
    public void Tone_keeps_frequency_and_level_before_training(double hertz, double amplitude)
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
    public void Silence_stays_silent_and_a_click_keeps_its_position()
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

    [Theory]
    [InlineData(250, 0.6)]
    [InlineData(250, 0.3)]
    [InlineData(230, 0.25)]
    public void Waveform_coefficients_keep_the_phase_and_amplitude_of_a_low_tone(double hertz, double amplitude)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var model = Model(Waves);
        var x = ((arange(Rate, dtype: ScalarType.Float32) * (float)(2 * Math.PI * hertz / Rate)) + 0.7).sin().view(1, 1, -1) * (float)amplitude;
        var frames = model.Encoder.call(x);
        var levels = frames.clone();
        levels.narrow(1, frames.size(1) - Waves, Waves).zero_();

        // Levels alone give the tone another phase. The coefficients are measured by the difference, except at the ends, where a block has no neighbor.
        Tensor Middle(Tensor sound) => sound.narrow(2, 1600, Rate - 3200).view(-1);
        var (waves, truth) = (Middle(model.Decoder.call(frames)) - Middle(model.Decoder.call(levels)), Middle(x));
        Assert.InRange((waves.dot(truth) / (waves.norm() * truth.norm())).item<float>(), 0.9, 1);
        Assert.InRange((waves.norm() / truth.norm()).item<float>(), 0.7, 1.25);
    }

    [Fact]
    public void Waveform_coefficients_of_a_high_tone_are_zero()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var frames = Model(Waves).Encoder.call((arange(Rate, dtype: ScalarType.Float32) * (float)(2 * Math.PI * 3000 / Rate)).sin().view(1, 1, -1) * 0.3f);
        var (levels, waves) = (frames.narrow(1, 0, frames.size(1) - Waves).abs().max().item<float>(), frames.narrow(1, frames.size(1) - Waves, Waves).narrow(2, 3, 40).abs().max().item<float>());
        Assert.True(waves < 0.05 * levels, $"{waves} beside {levels}");
    }

    [Fact]
    public void First_codebook_starts_without_waveform_coefficients_and_the_others_with_them()
    {
        using var folder = new TemporaryFolder();
        using var solver = Trained(folder, steps: 1);
        using var scope = NewDisposeScope();
        double Share(int codebook)
        {
            var codes = zeros(1, codebook + 1, Entries, ScalarType.Int64);
            codes[0, codebook].copy_(arange(Entries));
            var said = solver.Model.DecodeLatent(codes);
            said = said - said.mean([2], keepdim: true);
            return said.narrow(1, said.size(1) - Waves, Waves).norm().item<float>() / said.norm().item<float>();
        }

        Assert.InRange(Share(0), 0, 0.01);
        Assert.InRange(Share(1), 0.05, 1);
    }

    [Fact]
    public void Weights_of_waveform_coefficients_are_not_trained_and_those_of_levels_are()
    {
        using var folder = new TemporaryFolder();
        using var solver = Trained(folder, steps: 4);
        using var untrained = Model(Waves);
        var (before, after) = (untrained.state_dict(), solver.Model.state_dict());
        var tones = 128 - (2 * Waves);
        foreach (var name in new[] { "decoder.model.0.conv.conv.weight_v", "decoder.model.0.conv.conv.bias", "decoder.model.5.convtr.convtr.weight_v", "decoder.model.5.convtr.convtr.weight_g" })
        {
            double Moved(int first, int count) => (before[name] - after[name]).narrow(0, first, count).abs().max().item<float>();
            Assert.Equal(0, Moved(tones, 2 * Waves));
            Assert.True(Moved(0, tones) > 1e-5, $"{name} was not trained.");
        }
    }

    [Fact]
    public void Silence_does_not_waste_codebook_entries()
    {
        using var folder = new TemporaryFolder();
        using var solver = Trained(folder, steps: 1, entries: 64);
        var dead = (solver.Model.state_dict()["quantizer.vq.layers.0._codebook.cluster_size"] < 0.5).sum().item<long>();
        Assert.True(dead < 64 / 3, $"{dead} of 64 entries code nothing.");
    }

    /// <summary>Trains on short sounds, three quarters of which are silence.</summary>
    private static CompressionSolver Trained(TemporaryFolder folder, int steps, int entries = Entries)
    {
        var sounds = new MemorySounds(Rate);
        foreach (var sound in new SyntheticSounds(3) { SampleRate = Rate, Seconds = 0.5 }.Items(0, 24))
        {
            sounds.Add([.. sound.Samples, .. new float[3 * sound.Samples.Length]], sound.Description);
        }

        var data = new AudioDataset(sounds, new AudioDatasetOptions { SampleRate = Rate, BatchSize = 8, SegmentSeconds = 1, Seed = 4 });
        var solver = new CompressionSolver(
            new CompressionTrainingOptions
            {
                Training = new TrainingOptions { Directory = folder.File("run"), Steps = steps, Seed = 3, ValidateEvery = steps, CheckpointEvery = steps },
                Model = Config(Waves) with { Quantizer = new QuantizerConfig { NumCodebooks = 2, Cardinality = entries, DeadCodeThreshold = 0.1 } }, StftWeight = 1, MelWeight = 0, Initializer = new VocoderInitializer(Waves), ClusterBatches = 4, FreezeCodesAfter = 0, ValidationBatches = 1,
            },
            data,
            data);
        solver.Run();
        return solver;
    }

    [Fact]
    public void Models_without_the_required_layers_are_rejected()
    {
        var fit = Config();
        Assert.True(VocoderInitializer.Supports(fit, 0));
        foreach (var unfit in new[]
        {
            fit with { Encoder = fit.Encoder with { Ratios = [5, 8, 8] } },
            fit with { Encoder = fit.Encoder with { LstmLayers = 1 } },
            fit with { Encoder = fit.Encoder with { PaddingMode = ConvPaddingMode.Constant } },
            fit with { Encoder = fit.Encoder with { Filters = 4 } },
            fit with { Encoder = fit.Encoder with { Activation = new("Tanh") } },
        })
        {
            Assert.False(VocoderInitializer.Supports(unfit, 0));
        }

        Assert.False(VocoderInitializer.Supports(fit, -1));
        Assert.False(VocoderInitializer.Supports(fit, 25));

        using var model = new EncodecModel(fit with { Encoder = fit.Encoder with { LstmLayers = 1 } }, training: true);
        Assert.Throws<ArgumentException>(() => new VocoderInitializer(0).Initialize(model));
    }

    private static EncodecConfig Config(int waves = 0) => new()
    {
        SampleRate = Rate,
        Encoder = new SEANetConfig { Filters = 16, Dimension = 32 + waves, ResidualLayers = 1, Ratios = [1, 5, 8, 8], Norm = ConvNorm.WeightNorm, PaddingMode = ConvPaddingMode.Reflect },
        Quantizer = new QuantizerConfig { NumCodebooks = 2, Cardinality = Entries },
    };

    private static EncodecModel Model(int waves = 0)
    {
        random.manual_seed(3);
        var model = new EncodecModel(Config(waves), training: true);
        new VocoderInitializer(waves).Initialize(model);
        return model;
    }

    private static Tensor Through(EncodecModel model, Tensor x) => model.Decoder.call(model.Encoder.call(x)).narrow(2, 0, x.size(2));

    /// <summary>The spectral centroid and the power.</summary>
    private static (double Place, double Power) Spectrum(Tensor sound)
    {
        var hertz = arange(0, Rate / 2, 10, dtype: ScalarType.Float32);
        var angles = hertz.unsqueeze(1) * (arange(sound.size(2), dtype: ScalarType.Float32) * (float)(2 * Math.PI / Rate)).unsqueeze(0);
        var power = angles.cos().mv(sound.view(-1)).square() + angles.sin().mv(sound.view(-1)).square();
        return ((power * hertz).sum().item<float>() / power.sum().item<float>(), power.sum().item<float>());
    }
}
