namespace AudioCraft;

/// <summary>Settings of a <see cref="ResidualVectorQuantizer"/>; the defaults are upstream's (audiocraft/quantization/vq.py).</summary>
public sealed record QuantizerConfig
{
    /// <summary>Number of codebooks (<c>n_q</c>), 1 to 1024.</summary>
    public int NumCodebooks { get; init; } = 8;

    /// <summary>Entries of a codebook, 1 to 1048576.</summary>
    public int Cardinality { get; init; } = 1024;

    /// <summary>Whether training uses a random number of codebooks each time (<c>q_dropout</c>).</summary>
    public bool CodebookDropout { get; init; }

    /// <summary>Decay of the exponential moving averages that update the codebooks, 0 to 1.</summary>
    public double Decay { get; init; } = 0.99;

    /// <summary>Whether the first training batch initializes the entries by k-means.</summary>
    public bool KMeansInit { get; init; } = true;

    /// <summary>Iterations of it, at least 0.</summary>
    public int KMeansIterations { get; init; } = 10;

    /// <summary>Entries used less than this are replaced in training, at least 0 (<c>threshold_ema_dead_code</c>).</summary>
    public double DeadCodeThreshold { get; init; } = 2.0;

    /// <summary>
    /// Whether codebooks are updated exactly as upstream, with two faults: the vectors sampled to replace dead entries are overwritten in the same step, so that dead entries
    /// stay dead; and after k-means the sum of an entry's vectors starts as their mean, so that the first step shrinks every entry towards zero.
    /// False, the default, replaces dead entries and keeps the result of k-means.
    /// </summary>
    public bool UpstreamLearning { get; init; }

    /// <summary>Weight of the orthogonal regularization in training, at least 0.</summary>
    public double OrthogonalWeight { get; init; }

    /// <summary>Whether that includes only entries that the batch uses.</summary>
    public bool OrthogonalActiveCodesOnly { get; init; }

    /// <summary>The maximum number of entries that it includes, at least 1, or null for all.</summary>
    public int? OrthogonalMaxCodes { get; init; }

    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    internal void Validate()
    {
        InRange(NumCodebooks, 1, 1024, nameof(NumCodebooks));
        InRange(Cardinality, 1, 1 << 20, nameof(Cardinality));
        InRange(Decay, 0, 1, nameof(Decay));
        InRange(KMeansIterations, 0, int.MaxValue, nameof(KMeansIterations));
        InRange(DeadCodeThreshold, 0, double.MaxValue, nameof(DeadCodeThreshold));
        InRange(OrthogonalWeight, 0, double.MaxValue, nameof(OrthogonalWeight));
        InRange(OrthogonalMaxCodes ?? 1, 1, int.MaxValue, nameof(OrthogonalMaxCodes));
    }

    private static void InRange(double value, double low, double high, string name)
    {
        if (!(value >= low && value <= high))
        {
            throw new ArgumentOutOfRangeException(name, value, $"Residual vector quantizer: {name} must be {low} to {high}.");
        }
    }
}
