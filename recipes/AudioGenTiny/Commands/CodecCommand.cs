using AudioCraft;
using AudioCraft.Codecs;
using TorchSharp;

namespace AudioGenTiny.Recipe;

/// <summary>Trains a codec.</summary>
internal static class CodecCommand
{
    private const long Seed = 2035, TrainingSounds = 11, ValidationSounds = 12;
    private const int SampleRate = 16000;

    public static Command Command { get; } = new("codec", """
        codec --run DIR --out DIR [options]
            Trains a codec, 16 kHz mono, and writes the checkpoint --out after each validation that is the best so far. The same command resumes the training in --run.
            --data DIR       folder of WAV files to train on; without it, synthetic sounds are generated
            --sounds N       number of synthetic sounds (2400)   --seconds S  their length (5)
            --steps N        updates (1500)             --batch N         segments per update (8)
            --lr R           learning rate (7e-4)       --segment S       seconds per segment (1)
            --l1 W, --mel W, --stft W                   weights of the L1, mel and STFT losses (0, 0, 1)
            --adversary N    channels of a discriminator (0: none)   --adversary-after N   first update with it (0)
            --start vocoder|components|random           initialization (vocoder)
            --waves N        waveform coefficients among the values of a vocoder frame; included in --dim (8)
            --cluster N      batches for the k-means of the codebooks (200)
            --quantize-after N (0)   --freeze-codes-after N (0, -1 for never)   from then on only the decoder is trained, and codes stay valid
            --filters N      filters of the first layer (32)     --dim N      dimension of a frame (72)
            --residual N     residual blocks per stage (0)       --lstm N     LSTM layers (0)
            --cardinality N  entries of a codebook (1024)
            --codebooks N    (4)    --ratios A,B,…   (1,5,8,8)
            --validate N     updates between validations (100)   --log N (50)   --threads N
        """, Run);

    private static void Run(Options options, CancellationToken cancellationToken)
    {
        var start = options.Text("--start", "vocoder");
        var channels = options.Whole("--adversary", 0);
        var adversaryAfter = options.Whole("--adversary-after", 0);
        var (run, output, steps) = (options.Text("--run"), options.Text("--out"), options.Whole("--steps", 1500));
        var seanet = new SEANetConfig
        {
            Filters = options.Whole("--filters", 32),
            Dimension = options.Whole("--dim", 72),
            ResidualLayers = options.Whole("--residual", 0),
            Ratios = [.. options.Text("--ratios", "1,5,8,8").Split(',').Select(r => int.TryParse(r, out var ratio) ? ratio : throw new FormatException($"--ratios must be integers, not '{r}'."))],
            LstmLayers = options.Whole("--lstm", 0),
            Norm = ConvNorm.WeightNorm,
            PaddingMode = ConvPaddingMode.Reflect,
        };
        var training = new CompressionTrainingOptions
        {
            Training = new TrainingOptions
            {
                Directory = run, Steps = steps, Seed = Seed, LogEvery = options.Whole("--log", 50),
                ValidateEvery = options.Whole("--validate", 100), CheckpointEvery = options.Whole("--validate", 100),
            },
            Model = new EncodecConfig
            {
                SampleRate = SampleRate,
                Encoder = seanet,

                // A step has only 400 frames for 1024 entries: an entry that is used every few steps is not dead.
                Quantizer = new QuantizerConfig
                {
                    NumCodebooks = options.Whole("--codebooks", 4), Cardinality = options.Whole("--cardinality", 1024), CodebookDropout = true, DeadCodeThreshold = options.Number("--dead", 0.1), KMeansIterations = 10,
                },
            },
            Optimizer = new AdamWOptions
            {
                LearningRate = options.Number("--lr", 7e-4), Beta1 = 0.8, Beta2 = 0.99, MaximumNorm = options.Number("--clip", 10),
                Schedule = new CosineSchedule(steps, options.Whole("--warmup", Math.Min(100, steps / 10)), 0.02),
            },
            L1Weight = options.Number("--l1", 0),
            MelWeight = options.Number("--mel", 0),
            StftWeight = options.Number("--stft", 1),
            MelRangeStart = options.Whole("--mel-from", 8),
            MelRangeEnd = options.Whole("--mel-to", 12),
            Adversary = channels == 0 ? null : new AdversaryOptions { Discriminator = _ => new MultiScaleSTFTDiscriminator(channels), StartAt = adversaryAfter, Weight = 1, FeatureWeight = 1 },
            CommitmentWeight = options.Number("--commit", 1),
            QuantizeAfter = options.Whole("--quantize-after", 0),
            ClusterBatches = options.Whole("--cluster", 200),
            FreezeCodesAfter = options.Whole("--freeze-codes-after", 0) is >= 0 and var freeze ? freeze : null,
            CodebookDropoutShare = options.Number("--dropout", 0.5),
            ValidationBatches = 2,
            Initializer = start switch
            {
                "vocoder" => new VocoderInitializer(options.Whole("--waves", 8)),
                "components" => new ComponentInitializer(batches: 16),
                "random" => null,
                _ => throw new FormatException($"--start must be vocoder, components or random, not '{start}'."),
            },
            AverageDecay = options.Number("--average", 0.99),
        };
        var (folder, count, seconds) = (options.TextOrNull("--data"), options.Whole("--sounds", 2400), options.Number("--seconds", 5));
        var data = new AudioDatasetOptions
        {
            SampleRate = SampleRate, BatchSize = options.Whole("--batch", 8), SegmentSeconds = options.Number("--segment", 1), Seed = Seed, SilenceRetries = options.Whole("--silence", 0),
        };
        if (options.Whole("--threads", 0) is > 0 and var threads)
        {
            torch.set_num_threads(threads);
        }

        options.RefuseOthers();
        ISoundSource source = folder is null ? Generate(TrainingSounds, count, seconds) : new AudioFolder(folder);
        var check = Generate(ValidationSounds, 48, seconds);
        using var solver = new CompressionSolver(
            training, new AudioDataset(source, data), new AudioDataset(check, data with { BatchSize = 16, SegmentSeconds = Math.Min(2, seconds), Seed = Seed + 1 }));
        Console.WriteLine($"{solver.Model.parameters().Sum(p => p.numel()):N0} parameters, {source.Count} sounds, {steps} updates of {data.BatchSize} segments of {data.SegmentSeconds} s");
        solver.Run(new Report(solver, output), cancellationToken);
    }

    private static MemorySounds Generate(long seed, int count, double seconds)
    {
        var sounds = new MemorySounds(SampleRate);
        foreach (var sound in new SyntheticSounds(seed) { SampleRate = SampleRate, Seconds = seconds }.Items(0, count))
        {
            sounds.Add(sound.Samples, sound.Description);
        }

        return sounds;
    }

    /// <summary>Writes the checkpoint after each best validation.</summary>
    private sealed class Report(CompressionSolver solver, string output) : IProgress<TrainingProgress>
    {
        private readonly TrainingConsole console = new();

        void IProgress<TrainingProgress>.Report(TrainingProgress value)
        {
            console.Report(value);
            if (value.IsBest)
            {
                solver.Export(output);
            }
        }
    }
}
