using AudioCraft.Conditioning;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>Options of a language model training. The options of the bundled model are in its card.</summary>
public sealed record LanguageModelOptions
{
    /// <summary>Items per step, at least 1.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>Maximum number of frames per item, at least 1; longer items are cut.</summary>
    public int Frames { get; init; } = 250;

    /// <summary>
    /// Maximum number of frames in the first part of the training, which makes its steps cheaper; 0 for no such part.
    /// </summary>
    public int EarlyFrames { get; init; }

    /// <summary>Share of the training with <see cref="EarlyFrames"/>, 0 to 1.</summary>
    public double EarlyPart { get; init; }

    /// <summary>Whether longer items are cut at a random position instead of at the start.</summary>
    public bool RandomStart { get; init; }

    /// <summary>Learning rate, decay and schedule. Upstream's betas and decay for language models.</summary>
    public AdamWOptions Optimizer { get; init; } = new() { LearningRate = 1e-3, Beta2 = 0.95, WeightDecay = 0.1, MaximumNorm = 1 };

    /// <summary>Decay of the moving average of the weights, which is validated and saved; 0 to less than 1.</summary>
    public double AverageDecay { get; init; } = 0.998;

    /// <summary>
    /// Probability that the text of an item is dropped, for classifier-free guidance (upstream's <c>training_dropout</c>). Upstream drops the texts of whole
    /// batches; here each item is sampled independently.
    /// </summary>
    public double ConditionDropout { get; init; } = 0.1;

    /// <summary>Probability that a word of a text is dropped.</summary>
    public double WordDropout { get; init; } = 0.1;

    /// <summary>Probability that a description is rotated (<see cref="AudioCraft.Training.WordRotation"/>), 0 to 1; not in upstream.</summary>
    public double WordRotation { get; init; }

    /// <summary>Probability that an unknown word follows a word (<see cref="AudioCraft.Training.UnknownWords"/>), 0 to 1; not in upstream, whose T5 knows English.</summary>
    public double UnknownWords { get; init; }

    /// <summary>Share of the input frames that is replaced (<see cref="AudioCraft.Training.HistoryNoise"/>), 0 to less than 1; not in upstream.</summary>
    public double HistoryNoise { get; init; }

    /// <summary>
    /// Loss weight of each codebook, starting with the first; null for equal weights, as upstream. The first codebook determines most of the audio;
    /// the last ones are mostly noise.
    /// </summary>
    public IReadOnlyList<double>? CodebookWeights { get; init; }

    /// <summary>Whether the text encoder is trained as well (upstream's <c>finetune</c>).</summary>
    public bool FineTuneTextEncoder { get; init; } = true;

    /// <summary>Number of threads, each with a copy of the model and a part of the batch; at least 1. With more than one, set OPENBLAS_NUM_THREADS=1.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>
    /// Type of the matrix products; null for float32. BFloat16 takes less than half the time on processors and GPUs that support it
    /// (AVX512-BF16, AMX, CUDA), and far longer on others.
    /// </summary>
    public ScalarType? Precision { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Frames, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(EarlyFrames);
        ArgumentOutOfRangeException.ThrowIfLessThan(Workers, 1);
        ArgumentNullException.ThrowIfNull(Optimizer);
        Optimizer.Validate();
        foreach (var (name, value) in new[] { (nameof(EarlyPart), EarlyPart), (nameof(ConditionDropout), ConditionDropout) })
        {
            if (!(value is >= 0 and <= 1))
            {
                throw new ArgumentOutOfRangeException(name, value, "0 to 1 was expected.");
            }
        }

        _ = new WordDropout(WordDropout);
        _ = new WordRotation(WordRotation);
        _ = new UnknownWords(UnknownWords);
        _ = new HistoryNoise(HistoryNoise);
        if (CodebookWeights is { } weights && (weights.Any(w => !(w is >= 0 and <= 1e6)) || weights.Sum() <= 0))
        {
            throw new ArgumentOutOfRangeException(nameof(CodebookWeights), string.Join(", ", weights), "Weights of at least 0 were expected, at least one of them above 0.");
        }
    }
}
