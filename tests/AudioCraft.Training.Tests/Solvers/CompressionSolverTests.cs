using AudioCraft.Checkpoints;
using AudioCraft.Codecs;
using AudioCraft.Tests;
using AudioCraft.Tests.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training.Tests.Solvers;

public sealed class CompressionSolverTests : IDisposable
{
    private const int Rate = 4000;
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Loss_falls_and_the_exported_codec_loads()
    {
        var options = Options("run", 60);
        using (var solver = Solver(options))
        {
            solver.Run();
            solver.Export(folder.File("codec"));
        }

        var curve = new TrainingLog(options.Training.TrainingLogPath).Curve("msspec");
        Assert.True(curve[^1].Value < 0.9 * curve[0].Value, $"{curve[0].Value} became {curve[^1].Value}");
        using var codec = CompressionModel.GetPretrained(folder.File("codec"), CPU);
        Assert.Equal((Rate, 1, 3, 32, 100.0), (codec.SampleRate, codec.Channels, codec.NumCodebooks, codec.Cardinality, codec.FrameRate));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Resumed_training_equals_an_uninterrupted_one(bool adversary)
    {
        var against = adversary ? Adversary(startAt: 8) : null;
        var whole = Options("whole", 24) with { Adversary = against };
        using (var solver = Solver(whole))
        {
            solver.Run();
        }

        var parts = Options("parts", 24) with { Adversary = against };
        using (var stop = new CancellationTokenSource())
        using (var solver = Solver(parts))
        {
            Assert.Throws<OperationCanceledException>(() => solver.Run(new StopAt(stop, 15), stop.Token));
        }

        using (var solver = Solver(parts))
        {
            solver.Run();
        }

        Assert.Equal(File.ReadAllText(whole.Training.TrainingLogPath), File.ReadAllText(parts.Training.TrainingLogPath));
        Assert.Equal(File.ReadAllText(whole.Training.ValidationLogPath), File.ReadAllText(parts.Training.ValidationLogPath));
        Assert.Equal(File.ReadAllBytes(whole.Training.CheckpointPath), File.ReadAllBytes(parts.Training.CheckpointPath));
    }

    [Fact]
    public void Discriminator_is_trained_from_its_first_step_on()
    {
        // The codec hardly changes, so that only the discriminator can improve.
        var options = Options("run", 100) with { Adversary = Adversary(startAt: 20), Optimizer = new() { LearningRate = 1e-6 } };
        using (var solver = Solver(options))
        {
            solver.Run();
            solver.Export(folder.File("codec"));
        }

        var log = new TrainingLog(options.Training.TrainingLogPath);
        var curve = log.Curve("disc");
        Assert.True(curve[0].Step > 20 && curve[0].Step <= 24, $"The first value is of step {curve[0].Step}.");

        // The hinge loss of an untrained discriminator is 2.
        Assert.InRange(curve[0].Value, 1.5, 2.5);
        Assert.True(curve[^1].Value < 0.9 * curve[0].Value, string.Join(", ", curve.Select(c => c.Value)));
        Assert.Equal(curve.Count, log.Curve("adv").Count);
        Assert.All(log.Curve("feat"), point => Assert.True(point.Value > 0));
        using var codec = CompressionModel.GetPretrained(folder.File("codec"), CPU);
        Assert.Equal(3, codec.NumCodebooks);
    }

    [Fact]
    public void Codec_can_be_trained_with_the_adversarial_loss_alone()
    {
        var options = Options("run", 8) with { Adversary = Adversary(startAt: 0), L1Weight = 0, MelWeight = 0.001 };
        using var solver = Solver(options);
        using var before = solver.Model.state_dict()["decoder.model.0.conv.conv.bias"].clone();
        solver.Run();
        using var moved = (solver.Model.state_dict()["decoder.model.0.conv.conv.bias"] - before).abs().max();
        Assert.True(moved.item<float>() > 1e-5);
    }

    [Fact]
    public void Frozen_codes_do_not_change_while_the_decoder_is_trained()
    {
        var options = Options("run", 12) with { FreezeCodesAfter = 12 };
        Export(options, "before");
        Export(options with { Training = options.Training with { Steps = 24 }, }, "after");
        using var before = CompressionModel.GetPretrained(folder.File("before"), CPU);
        using var after = CompressionModel.GetPretrained(folder.File("after"), CPU);
        using var batch = Sounds(2).Batch(0);
        var (first, second) = (before.Encode(batch.Wav).Codes, after.Encode(batch.Wav).Codes);
        Exactly.Equal(first, second);
        using var difference = before.Decode(first) - after.Decode(second);
        Assert.True(difference.abs().max().item<float>() > 1e-4);
    }

    [Fact]
    public void Initializer_sets_weights_masks_gradients_and_chooses_the_frames_of_the_first_codebook()
    {
        var initializer = new Halves();
        using var solver = Solver(Options("run", 6) with { Initializer = initializer });
        using var before = solver.Model.state_dict()[Halves.Name].clone();
        Assert.Equal(0.25f, before.min().item<float>());
        solver.Run();
        using var moved = (solver.Model.state_dict()[Halves.Name] - before).abs();
        Assert.Equal(0, moved[0].item<float>());
        Assert.True(moved.max().item<float>() > 0);
        Assert.Equal([1, 24], initializer.FirstFrames[..2]);
    }

    private sealed class Halves : ICodecInitializer
    {
        public const string Name = "decoder.model.0.conv.conv.bias";

        public long[] FirstFrames { get; private set; } = [];

        public void Initialize(EncodecModel model, AudioDataset data)
        {
            using var guard = no_grad();
            model.get_parameter(Name)!.fill_(0.25);
        }

        public void MaskGradients(EncodecModel model)
        {
            using var guard = no_grad();
            model.get_parameter(Name)!.grad![0].zero_();
        }

        public Tensor? FirstCodebookFrames(Tensor frames)
        {
            FirstFrames = frames.shape;
            return frames * 0.5;
        }
    }

    [Fact]
    public void Written_configuration_reads_back_unchanged()
    {
        foreach (var config in new[]
        {
            Model(),
            new EncodecConfig { SampleRate = 16000 },
            new EncodecConfig
            {
                Causal = true, Channels = 2,
                Encoder = new SEANetConfig { Channels = 2, Causal = true, Norm = ConvNorm.WeightNorm, LstmLayers = 2, Activation = new("ELU", new Dictionary<string, double> { ["alpha"] = 1.5 }), Ratios = [4, 2] },
                Decoder = new SEANetConfig { Channels = 2, Causal = true, Norm = ConvNorm.WeightNorm, LstmLayers = 1, FinalActivation = new("Tanh"), Ratios = [4, 2], TrimRightRatio = 0.5 },
                Quantizer = new QuantizerConfig { NumCodebooks = 2, OrthogonalMaxCodes = 7, OrthogonalWeight = 1e-7 },
            },
            new EncodecConfig { Renormalize = true, Encoder = new SEANetConfig { Norm = ConvNorm.TimeGroupNorm, NormEpsilon = 1e-6 } },
        })
        {
            var text = EncodecConfigText.Write(config);
            var read = EncodecConfigReader.Read(AudioCraft.Checkpoints.CheckpointConfig.Parse(text, "text"));
            Assert.Equal(text, EncodecConfigText.Write(read));
            Assert.Equal(config.Quantizer, read.Quantizer);
            Assert.Equal((config.SampleRate, config.Channels, config.Causal, config.Renormalize), (read.SampleRate, read.Channels, read.Causal, read.Renormalize));
            Assert.Equal(config.DecoderOrDefault.LstmLayers, read.DecoderOrDefault.LstmLayers);
        }
    }

    [Fact]
    public void Invalid_options_and_data_are_rejected()
    {
        var options = Options("run", 5);
        Assert.Throws<ArgumentOutOfRangeException>(() => Solver(options with { MelWeight = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Solver(options with { MelWeight = 0, L1Weight = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Solver(options with { CodebookDropoutShare = 2 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Solver(options with { FreezeCodesAfter = 2 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Solver(options with { Adversary = new() { Weight = 0, FeatureWeight = 0 } }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Solver(options with { Adversary = new() { StartAt = -1 } }));
        Assert.Throws<ArgumentException>(() => Solver(options with { Model = options.Model with { SampleRate = 8000 } }));
    }

    [Fact]
    public void Config_of_another_model_type_is_not_overwritten()
    {
        Directory.CreateDirectory(folder.File("other"));
        File.WriteAllText(Path.Combine(folder.File("other"), "config.json"), """{"model_type": "musicgen"}""");
        using var weight = zeros(1);
        var weights = new Dictionary<string, Tensor> { ["a"] = weight };
        Assert.Throws<CheckpointException>(() => CheckpointWriter.WriteModel(folder.File("other"), "state_dict", "a: 1", weights));
        Assert.Throws<ArgumentException>(() => CheckpointWriter.WriteModel(folder.File("new"), "weights", "a: 1", weights));
    }

    private static EncodecConfig Model() => new()
    {
        SampleRate = Rate,
        Encoder = new SEANetConfig { Filters = 4, Dimension = 24, ResidualLayers = 1, Ratios = [2, 4, 5], Norm = ConvNorm.WeightNorm, PaddingMode = ConvPaddingMode.Constant },
        Quantizer = new QuantizerConfig { NumCodebooks = 3, Cardinality = 32, CodebookDropout = true, DeadCodeThreshold = 0.1 },
    };

    private static AdversaryOptions Adversary(long startAt) => new()
    {
        Discriminator = codec => new MultiScaleSTFTDiscriminator(4, codec.Channels, nFfts: [128, 64], hopLengths: [32, 16], winLengths: [128, 64]),
        Optimizer = new() { LearningRate = 3e-3, Beta1 = 0.5, Beta2 = 0.9 },
        StartAt = startAt,
    };

    private static AudioDataset Sounds(long seed)
    {
        var sounds = new MemorySounds(Rate);
        foreach (var sound in TestSounds.Create(seed, 24, Rate, 2))
        {
            sounds.Add(sound);
        }

        return new AudioDataset(sounds, new AudioDatasetOptions { SampleRate = Rate, BatchSize = 8, Seed = seed, SilenceRetries = 3 });
    }

    private static CompressionSolver Solver(CompressionTrainingOptions options) => new(options, Sounds(1), Sounds(2));

    private void Export(CompressionTrainingOptions options, string name)
    {
        using var solver = Solver(options);
        solver.Run();
        using var result = AudioCraft.Checkpoints.SafetensorsFile.Open(options.Training.BestPath);
        Assert.Equal($"{options.Training.Steps}", result.Metadata["step"]);
        solver.Export(folder.File(name));
    }

    private CompressionTrainingOptions Options(string name, long steps) => new()
    {
        Training = new() { Directory = folder.File(name), Steps = steps, Seed = 5, LogEvery = 4, ValidateEvery = 12, CheckpointEvery = 6 },
        Model = Model(),
        Optimizer = new() { LearningRate = 2e-3, Beta1 = 0.8, Beta2 = 0.99, MaximumNorm = 10 },
        L1Weight = 0.3, MelRangeStart = 6, MelRangeEnd = 9, QuantizeAfter = 4, ClusterBatches = 2, CodebookDropoutShare = 0.5, ValidationBatches = 1,
        AverageDecay = 0.9,
    };

    private sealed class StopAt(CancellationTokenSource stop, long step) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Step >= step)
            {
                stop.Cancel();
            }
        }
    }
}
