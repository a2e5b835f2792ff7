using AudioCraft.Conditioning;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>How a language model over codes is trained. What the bundled model was trained with is in its card.</summary>
public sealed record LanguageModelOptions
{
    /// <summary>Sounds of a step, at least 1.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>Frames that are learnt of each sound, at most; longer ones are cut. At least 1.</summary>
    public int Frames { get; init; } = 250;

    /// <summary>
    /// In the first part of the training, this many frames: steps cost less, and most of a short sound is in its beginning. 0 for none.
    /// </summary>
    public int EarlyFrames { get; init; }

    /// <summary>How large that part is, 0 to 1.</summary>
    public double EarlyPart { get; init; }

    /// <summary>Whether what is learnt of a longer sound begins anywhere, not at its start.</summary>
    public bool RandomStart { get; init; }

    /// <summary>Learning rate, decay and schedule. Upstream's betas and decay for language models.</summary>
    public AdamWOptions Optimizer { get; init; } = new() { LearningRate = 1e-3, Beta2 = 0.95, WeightDecay = 0.1, MaximumNorm = 1 };

    /// <summary>Memory of the average of the weights, which is what is measured and kept; 0 to less than 1.</summary>
    public double AverageDecay { get; init; } = 0.998;

    /// <summary>
    /// Probability that a sound is learnt without its text, for classifier-free guidance (upstream's <c>training_dropout</c>). Upstream leaves the texts of whole
    /// batches out; here each sound is drawn for, so that steps are alike.
    /// </summary>
    public double ConditionDropout { get; init; } = 0.1;

    /// <summary>Probability that a word of a text is left out.</summary>
    public double WordDropout { get; init; } = 0.1;

    /// <summary>How often a description begins in its middle (<see cref="AudioCraft.Training.WordRotation"/>), 0 to 1. Upstream has no such thing.</summary>
    public double WordRotation { get; init; }

    /// <summary>How often something unknown follows a word (<see cref="AudioCraft.Training.UnknownWords"/>), 0 to 1. Upstream has no such thing: its T5 has read all of English.</summary>
    public double UnknownWords { get; init; }

    /// <summary>Part of the frames that are heard as other ones (<see cref="AudioCraft.Training.HistoryNoise"/>), 0 to less than 1. Upstream has no such thing.</summary>
    public double HistoryNoise { get; init; }

    /// <summary>
    /// What each codebook's cross entropy counts, the coarsest first, beside the others; null for all alike, as upstream has it. The coarsest says what is heard and has the least to
    /// predict; the finest are mostly chance.
    /// </summary>
    public IReadOnlyList<double>? CodebookWeights { get; init; }

    /// <summary>Whether the text encoder learns too (upstream's <c>finetune</c>).</summary>
    public bool FineTuneTextEncoder { get; init; } = true;

    /// <summary>Threads that work on a part of the batch each, at least 1; each needs memory of its own. With more than one, set OPENBLAS_NUM_THREADS=1.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>
    /// What the language model multiplies in while it learns; null for float32. BFloat16 takes less than half the time where the processor or GPU multiplies it
    /// (AVX512-BF16, AMX, CUDA), and far longer where it does not.
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
            throw new ArgumentOutOfRangeException(nameof(CodebookWeights), string.Join(", ", weights), "Weights of 0 and more were expected, one of them more.");
        }
    }
}
