namespace AudioCraft.Training;

/// <summary>Options of an <see cref="AudioDataset"/>; the defaults are upstream's.</summary>
public sealed record AudioDatasetOptions
{
    /// <summary>Sample rate in hertz; other sounds are resampled.</summary>
    public required int SampleRate { get; init; }

    /// <summary>Number of channels; other sounds are converted.</summary>
    public int Channels { get; init; } = 1;

    /// <summary>Length of a segment in seconds, above 0.</summary>
    public double SegmentSeconds { get; init; } = 1;

    /// <summary>Segments per batch, at least 1.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>Seed of all random choices.</summary>
    public long Seed { get; init; }

    /// <summary>Whether the probability of a sound is proportional to its length.</summary>
    public bool SampleByLength { get; init; } = true;

    /// <summary>Whether the probability of a sound is proportional to its weight.</summary>
    public bool SampleByWeight { get; init; } = true;

    /// <summary>Minimum share of a segment that is filled when it starts near the end of a sound, 0 to 1; the rest is zeros.</summary>
    public double MinimumSegmentRatio { get; init; } = 0.5;

    /// <summary>Minimum length of a sound in seconds; shorter sounds are not used.</summary>
    public double MinimumSeconds { get; init; }

    /// <summary>Maximum length of a sound in seconds; longer sounds are not used.</summary>
    public double MaximumSeconds { get; init; } = double.PositiveInfinity;

    /// <summary>
    /// How many times a segment below <see cref="SilenceLevel"/> is replaced by another random segment.
    /// 0, the default, keeps silent segments, as upstream.
    /// </summary>
    public int SilenceRetries { get; init; }

    /// <summary>Segments with a lower root mean square count as silent, in decibels relative to full scale.</summary>
    public double SilenceLevel { get; init; } = -50;

    /// <summary>Maximum number of consecutive sounds that may fail to be read.</summary>
    public int ReadRetries { get; init; } = 10;

    /// <summary>Augmentation by mixing, or null for none.</summary>
    public SoundMixing? Mixing { get; init; }

    /// <summary>Samples of a segment.</summary>
    internal int SegmentLength => (int)Math.Round(SegmentSeconds * SampleRate);

    internal void Validate()
    {
        Require(SampleRate is >= 1 and <= 1_000_000, nameof(SampleRate), SampleRate, "1 to 1000000");
        Require(Channels is >= 1 and <= 64, nameof(Channels), Channels, "1 to 64");
        Require(SegmentSeconds > 0 && SegmentSeconds * SampleRate is >= 1 and <= int.MaxValue, nameof(SegmentSeconds), SegmentSeconds, "at least one sample");
        Require(BatchSize >= 1, nameof(BatchSize), BatchSize, "1 or more");
        Require(MinimumSegmentRatio is >= 0 and <= 1, nameof(MinimumSegmentRatio), MinimumSegmentRatio, "0 to 1");
        Require(MinimumSeconds <= MaximumSeconds, nameof(MinimumSeconds), MinimumSeconds, $"at most MaximumSeconds, {MaximumSeconds},");
        Require(SilenceRetries >= 0, nameof(SilenceRetries), SilenceRetries, "0 or more");
        Require(ReadRetries >= 0, nameof(ReadRetries), ReadRetries, "0 or more");
        Mixing?.Validate();
    }

    private static void Require(bool condition, string name, double value, string expected)
    {
        if (!condition)
        {
            throw new ArgumentOutOfRangeException(name, value, $"A dataset of sounds: {name} is {value}; {expected} was expected.");
        }
    }
}
