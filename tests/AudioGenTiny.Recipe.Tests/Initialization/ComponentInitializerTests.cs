using AudioCraft;
using AudioCraft.Codecs;
using AudioCraft.Tests.Checkpoints;
using static TorchSharp.torch;

namespace AudioGenTiny.Recipe.Tests;

public sealed class ComponentInitializerTests
{
    private const int Rate = 4000;

    [Fact]
    public void Audio_is_reconstructed_before_training()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var data = Sounds(1);
        using var batch = data.Batch(0);
        using var model = Model(new("ELU"));
        new ComponentInitializer(batches: 1).Initialize(model, data);
        using var snr = new SISNRLoss(Rate, segment: null);
        var decibels = -snr.call(model.Decoder.call(model.Encoder.call(batch.Wav)), batch.Wav).item<float>();
        Assert.True(decibels > 2, $"{decibels} dB");
    }

    [Fact]
    public void Model_without_ELU_is_rejected()
    {
        using var model = Model(new("Tanh"));
        using var sound = zeros(1, 1, Rate);
        Assert.Contains("Tanh", Assert.Throws<ArgumentException>(() => ComponentInitializer.Initialize(model, sound)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Trained_codec_improves_with_each_codebook()
    {
        using var folder = new TemporaryFolder();
        var options = new CompressionTrainingOptions
        {
            Training = new() { Directory = folder.File("run"), Steps = 60, Seed = 5, LogEvery = 4, ValidateEvery = 12, CheckpointEvery = 6 },
            Model = Config(new("ELU")),
            Optimizer = new() { LearningRate = 2e-3, Beta1 = 0.8, Beta2 = 0.99, MaximumNorm = 10 },
            L1Weight = 0.3, MelRangeStart = 6, MelRangeEnd = 9, QuantizeAfter = 4, ClusterBatches = 2, CodebookDropoutShare = 0.5, ValidationBatches = 1, AverageDecay = 0.9,
            Initializer = new ComponentInitializer(batches: 2),
        };
        using (var solver = new CompressionSolver(options, Sounds(1), Sounds(2)))
        {
            solver.Run();
            solver.Export(folder.File("codec"));
        }

        using var codec = CompressionModel.GetPretrained(folder.File("codec"), CPU);
        using var batch = Sounds(2).Batch(0);
        using var measurement = new CodecMeasurement(Rate);
        var metrics = new StepMetrics();
        measurement.Add(codec, batch.Wav, metrics).Dispose();
        measurement.End(metrics);
        var means = metrics.Means;
        Assert.True(means["sisnr_3"] > means["sisnr_2"] && means["sisnr_2"] > means["sisnr_1"], string.Join(", ", means));
        Assert.True(means["mel_3"] < means["mel_1"], string.Join(", ", means));
        Assert.InRange(means["perplexity_1"], 2, 32);
    }

    private static AudioDataset Sounds(long seed)
    {
        var sounds = new MemorySounds(Rate);
        foreach (var sound in new SyntheticSounds(seed) { SampleRate = Rate, Seconds = 2 }.Items(0, 24))
        {
            sounds.Add(sound.Samples);
        }

        return new AudioDataset(sounds, new AudioDatasetOptions { SampleRate = Rate, BatchSize = 8, Seed = seed, SilenceRetries = 3 });
    }

    private static EncodecModel Model(ActivationConfig activation) => new(Config(activation), training: true);

    private static EncodecConfig Config(ActivationConfig activation) => new()
    {
        SampleRate = Rate,
        Encoder = new SEANetConfig { Filters = 4, Dimension = 24, ResidualLayers = 1, Ratios = [2, 4, 5], Norm = ConvNorm.WeightNorm, PaddingMode = ConvPaddingMode.Constant, Activation = activation },
        Quantizer = new QuantizerConfig { NumCodebooks = 3, Cardinality = 32, CodebookDropout = true, DeadCodeThreshold = 0.1 },
    };
}
