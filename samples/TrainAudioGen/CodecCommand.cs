using AudioCraft;
using AudioCraft.Codecs;
using AudioCraft.Training;
using TorchSharp;

namespace TrainAudioGen;

/// <summary>Trains a codec.</summary>
internal static class CodecCommand
{
    private const long Seed = 2035, TrainingSounds = 11, ValidationSounds = 12;
    private const int SampleRate = 16000;

    public static Command Command { get; } = new("codec", """
        codec --run DIR --out DIR [options]
            Trains a codec, 16 kHz mono, and writes --out as a checkpoint whenever a validation is the best so far. The same command goes on where --run stopped.
            --data DIR       a folder of WAV files to learn from; without it, synthetic sounds that are made first
            --sounds N       how many of those (2400)   --seconds S       how long they are (5)
            --steps N        updates (1500)             --batch N         segments of an update (8)
            --lr R           learning rate (7e-4)       --segment S       seconds of a segment (1)
            --l1 W, --mel W, --stft W                   weights of the losses on samples, mel spectra and spectra (0, 0, 1)
            --adversary N    channels of a discriminator to learn against (0: none)   --adversary-after N   updates before it takes part (0)
            --start vocoder|components|random           the first weights (vocoder)
            --waves N        numbers of a vocoder's frame that are low waves, with --dim so many larger (8)
            --cluster N      batches whose frames give the first codebooks (200)
            --quantize-after N (0)   --freeze-codes-after N (0, -1 for never)   from then on only the decoder learns, and codes stay valid
            --filters N      width of the model (32)    --dim N           size of a frame (72)
            --residual N     residual blocks a stage (0)                  --lstm N   layers (0)
            --bins N         entries of a codebook (1024)
            --codebooks N    (4)    --ratios A,B,…   (1,5,8,8)
            --validate N     updates between validations (100)   --log N (50)   --threads N
        """, Run);

    private static void Run(Options options, CancellationToken cancellation)
    {
        var start = options.Text("--start", "vocoder");
        if (start is not ("vocoder" or "components" or "random"))
        {
            throw new FormatException($"--start is vocoder, components or random, not '{start}'.");
        }

        var channels = options.Whole("--adversary", 0);
        var adversaryAfter = options.Whole("--adversary-after", 0);
        var (run, output, steps) = (options.Text("--run"), options.Text("--out"), options.Whole("--steps", 1500));
        var seanet = new SEANetConfig
        {
            Filters = options.Whole("--filters", 32),
            Dimension = options.Whole("--dim", 72),
            ResidualLayers = options.Whole("--residual", 0),
            Ratios = [.. options.Text("--ratios", "1,5,8,8").Split(',').Select(r => int.TryParse(r, out var ratio) ? ratio : throw new FormatException($"--ratios takes whole numbers, not '{r}'."))],
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

                // 400 frames a step are few for so many entries: one that is used every few steps is alive.
                Quantizer = new QuantizerConfig
                {
                    NumCodebooks = options.Whole("--codebooks", 4), Cardinality = options.Whole("--bins", 1024), CodebookDropout = true, DeadCodeThreshold = options.Number("--dead", 0.1), KMeansIterations = 10,
                },
            },
            Optimizer = new AdamWOptions
            {
                LearningRate = options.Number("--lr", 7e-4), Beta1 = 0.8, Beta2 = 0.99, MaximumNorm = options.Number("--clip", 10),
                Schedule = new CosineSchedule(steps, options.Whole("--warmup", 100), 0.02),
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
            VocoderStart = start == "vocoder",
            VocoderWaves = start == "vocoder" ? options.Whole("--waves", 8) : 0,
            ComponentBatches = start == "components" ? 16 : 0,
            AverageDecay = options.Number("--average", 0.99),
        };
        var (data, count, seconds) = (options.TextOrNull("--data"), options.Whole("--sounds", 2400), options.Number("--seconds", 5));
        var draw = new AudioDatasetOptions
        {
            SampleRate = SampleRate, BatchSize = options.Whole("--batch", 8), SegmentSeconds = options.Number("--segment", 1), Seed = Seed, SilenceRetries = options.Whole("--silence", 0),
        };
        if (options.Whole("--threads", 0) is > 0 and var threads)
        {
            torch.set_num_threads(threads);
        }

        options.RefuseOthers();
        ISoundSource source = data is null ? Make(TrainingSounds, count, seconds) : new AudioFolder(data);
        var check = Make(ValidationSounds, 48, seconds);
        using var solver = new CompressionSolver(
            training, new AudioDataset(source, draw), new AudioDataset(check, draw with { BatchSize = 16, SegmentSeconds = Math.Min(2, seconds), Seed = Seed + 1 }));
        Console.WriteLine($"{solver.Model.parameters().Sum(p => p.numel()):N0} weights, {source.Count} sounds, {steps} updates of {draw.BatchSize} segments of {draw.SegmentSeconds} s");
        solver.Run(new Report(solver, output), cancellation);
    }

    private static MemorySounds Make(long seed, int count, double seconds)
    {
        var sounds = new MemorySounds(SampleRate);
        foreach (var sound in new SyntheticSounds(seed) { SampleRate = SampleRate, Seconds = seconds }.Items(0, count))
        {
            sounds.Add(sound.Samples, sound.Description);
        }

        return sounds;
    }

    /// <summary>Writes the checkpoint as soon as a validation was the best.</summary>
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
