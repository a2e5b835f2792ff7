namespace AudioCraft.Training;

/// <summary>How an <see cref="AudioDataset"/> draws segments; the defaults are upstream's.</summary>
public sealed record AudioDatasetOptions
{
    /// <summary>In hertz; sounds of another rate are converted.</summary>
    public required int SampleRate { get; init; }

    /// <summary>Channels; sounds with others are converted.</summary>
    public int Channels { get; init; } = 1;

    /// <summary>Seconds of a segment, above 0.</summary>
    public double SegmentSeconds { get; init; } = 1;

    /// <summary>Segments of a batch, at least 1.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>Everything random follows from it.</summary>
    public long Seed { get; init; }

    /// <summary>Whether a sound is drawn the more often the longer it is.</summary>
    public bool SampleByLength { get; init; } = true;

    /// <summary>Whether a sound is drawn by its weight.</summary>
    public bool SampleByWeight { get; init; } = true;

    /// <summary>A segment that begins near the end of its sound has at least this share of its seconds in it, 0 to 1; the rest is zeros.</summary>
    public double MinimumSegmentRatio { get; init; } = 0.5;

    /// <summary>Shorter sounds are left out.</summary>
    public double MinimumSeconds { get; init; }

    /// <summary>Longer sounds are left out.</summary>
    public double MaximumSeconds { get; init; } = double.PositiveInfinity;

    /// <summary>
    /// A segment whose level is below <see cref="SilenceLevel"/> is drawn anew, from any sound, so many times: sounds that end in silence have little to learn from there.
    /// 0, the default, takes what comes, as upstream.
    /// </summary>
    public int SilenceRetries { get; init; }

    /// <summary>What counts as silence: the root mean square in decibels below full scale.</summary>
    public double SilenceLevel { get; init; } = -50;

    /// <summary>Sounds that cannot be read are passed over; so many in a row end it.</summary>
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
