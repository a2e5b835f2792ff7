using AudioCraft.Conditioning;

namespace AudioCraft.Training.Tests;

/// <summary>A language of two sounds that models learn within seconds: each text has its own range of codes.</summary>
internal static class TinyLanguage
{
    public const int Cardinality = 64;

    public static readonly byte[] TokenizerModel = UnigramTrainer.Train(["a low hum", "a high beep", "hum hum", "beep beep"], new UnigramTrainerOptions { VocabularySize = 40 });

    public static readonly SentencePieceTokenizer Tokenizer = SentencePieceTokenizer.Load(new MemoryStream(TokenizerModel));

    public static readonly LMConfig Config = new() { Cardinality = Cardinality, Dim = 32, NumHeads = 2, NumLayers = 2, HiddenScale = 2 };

    public static readonly T5Config Text = new()
    {
        VocabularySize = Tokenizer.PieceCount, ModelDimension = 16, HeadDimension = 8, HeadCount = 2, FeedForwardDimension = 32, LayerCount = 2,
    };

    public static LMModel NewModel() => LanguageModelFactory.New(Config, Tokenizer, Text);

    /// <summary>Hums have low codes, beeps high ones. Within an item, the codes of each codebook count up.</summary>
    public static CodeDataset Sounds(int count, int frames = 24, int seed = 0)
    {
        var random = new Random(seed);
        return new CodeDataset(Enumerable.Range(0, count).Select(i =>
        {
            var (first, step) = (i % 2 == 0 ? random.Next(8) : 32 + random.Next(8), 1 + random.Next(2));
            short[] codes = [.. Enumerable.Range(0, 4).SelectMany(k => Enumerable.Range(0, frames).Select(t => (short)(first + (((step * t) + k) % 24))))];
            return new CodeItem(codes, frames, i % 2 == 0 ? ["a low hum", "Hum hum"] : ["a high beep"]);
        }));
    }

    public static LanguageModelOptions Options(int workers = 1) => new()
    {
        BatchSize = 6, Frames = 24, Workers = workers, AverageDecay = 0.9, WordDropout = 0.2,
        Optimizer = new AdamWOptions { LearningRate = 5e-3, Beta2 = 0.95, WeightDecay = 0.1, MaximumNorm = 1, Schedule = new CosineSchedule(200, 10, 0.1) },
    };

    public static TrainingOptions Training(string directory, long steps) => new()
    {
        Directory = directory, Steps = steps, Seed = 5, LogEvery = 5, ValidateEvery = 20, CheckpointEvery = 10, DrawCurves = false,
    };
}
