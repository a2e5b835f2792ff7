using System.Globalization;
using AudioCraft;
using AudioCraft.Checkpoints;
using AudioCraft.Conditioning;
using TorchSharp;

namespace AudioGenTiny.Recipe;

/// <summary>Trains a language model and its text encoder on codes.</summary>
internal static class LanguageModelCommand
{
    private const int Seed = 2036;

    public static Command Command { get; } = new("lm", """
        lm --codec DIR --tokenizer FILE --train FILE[,FILE…] --valid FILE --run DIR --out DIR [options]
            Trains a language model on the output files of `codes` and writes the checkpoint --out at each validation. The same command resumes the training in --run.
            --steps N        updates (16500)         --batch N         sounds per update (16)
            --lr R           learning rate (2e-3)    --warmup N        warm-up updates (100)
            --dim N          dimension (192)         --layers N (6)    --heads N (4)
            --text-dim N     dimension of the T5 (128)                 --text-layers N (2)
            --workers N      threads, each with a part of the batch (2); set OPENBLAS_NUM_THREADS=1
            --early-frames N --early-part P          in the first part of the training (0.25), only this many frames of each sound (75)
            --precision P    float32, or bfloat16 for processors with AVX512-BF16
            --validate N (500)   --log N (50)   --seconds S (5)   --dropout P (0.1)   --word-dropout P (0.2)   --word-rotation P (0.5)   --unknown-words P (0.1)
            --history-noise P        share of the input frames that are replaced (0.15)
            --codebook-weights A,B,… loss weights of the codebooks (4,2,1,1)
            --cfg C (1.5)   --temperature T (0.85)   --topk K (100)   generation parameters stored in the checkpoint
        """, Run);

    private static void Run(Options options, CancellationToken cancellationToken)
    {
        var (codec, tokenizerFile, run, output) = (options.Text("--codec"), options.Text("--tokenizer"), options.Text("--run"), options.Text("--out"));
        var (train, valid) = (new CodeDataset(options.Text("--train").Split(',').SelectMany(file => CodeDataset.Load(file).Items)), CodeDataset.Load(options.Text("--valid")));
        var (steps, validate, log, seconds) = (options.Whole("--steps", 16500), options.Whole("--validate", 500), options.Whole("--log", 50), options.Number("--seconds", 5));
        var tokenizer = SentencePieceTokenizer.Load(tokenizerFile);
        using var compression = CompressionModel.GetPretrained(codec, torch.CPU);
        var config = new LMConfig
        {
            NumCodebooks = compression.NumCodebooks, Cardinality = compression.Cardinality,
            Dim = options.Whole("--dim", 192), NumLayers = options.Whole("--layers", 6), NumHeads = options.Whole("--heads", 4), CfgCoef = options.Number("--cfg", 1.5),
        };

        var width = options.Whole("--text-dim", 128);
        var text = new T5Config
        {
            VocabularySize = tokenizer.PieceCount, ModelDimension = width, HeadDimension = width / 4, HeadCount = 4,
            FeedForwardDimension = 2 * width, LayerCount = options.Whole("--text-layers", 2),
        };
        var language = new LanguageModelOptions
        {
            BatchSize = options.Whole("--batch", 16),
            Frames = (int)train.Items.Max(item => item.Frames),
            EarlyFrames = options.Whole("--early-frames", 75), EarlyPart = options.Number("--early-part", 0.25),
            Workers = options.Whole("--workers", 2),
            Precision = options.Text("--precision", "float32") switch
            {
                "float32" => null,
                "bfloat16" => torch.ScalarType.BFloat16,
                var other => throw new FormatException($"--precision must be float32 or bfloat16, not '{other}'."),
            },
            ConditionDropout = options.Number("--dropout", 0.1), WordDropout = options.Number("--word-dropout", 0.2), WordRotation = options.Number("--word-rotation", 0.5), UnknownWords = options.Number("--unknown-words", 0.1),
            HistoryNoise = options.Number("--history-noise", 0.15),
            CodebookWeights = [.. options.Text("--codebook-weights", "4,2,1,1").Split(',').Select(weight => double.Parse(weight, CultureInfo.InvariantCulture))],
            AverageDecay = options.Number("--average", 0.995),
        };
        language = language with
        {
            Optimizer = language.Optimizer with { LearningRate = options.Number("--lr", 2e-3), Schedule = new CosineSchedule(steps, options.Whole("--warmup", Math.Min(100, steps / 10)), 0.02) },
        };
        var suggested = new GenerationParams { CfgCoef = config.CfgCoef, Temperature = options.Number("--temperature", 0.85), TopK = options.Whole("--topk", 100) };
        options.RefuseOthers();
        torch.manual_seed(Seed);
        var training = new TrainingOptions { Directory = run, Steps = steps, Seed = Seed, ValidateEvery = validate, CheckpointEvery = validate, LogEvery = log };
        using var solver = new LanguageModelSolver(New, train, valid, training, language);
        Console.WriteLine($"{config.ParameterCount:N0} parameters, {train.Items.Count} sounds, {steps} updates of {language.BatchSize}");
        var bytes = File.ReadAllBytes(tokenizerFile);
        TrainingRun.Run(solver, model => CheckpointWriter.Write(output, model, codec, bytes, seconds, suggested: suggested), cancellationToken);

        LMModel New()
        {
            var model = LanguageModelFactory.New(config, tokenizer, text);
            CodebookInitializer.Initialize(model, compression);
            return model;
        }
    }
}
