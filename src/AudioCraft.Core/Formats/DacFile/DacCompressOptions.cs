namespace AudioCraft;

/// <summary>How <see cref="DacCodec"/> makes a file; the defaults are upstream's.</summary>
public sealed record DacCompressOptions
{
    /// <summary>Seconds that are coded at a time, more than 0, or null for all at once. Sound no longer than this is coded in one piece, with padding.</summary>
    public double? WindowSeconds { get; init; } = 1.0;

    /// <summary>Loudness in LUFS, −70 to 0, that the sound is brought to before it is coded, because the models were trained at about that; null leaves it as it is.</summary>
    public double? Loudness { get; init; } = -16;

    /// <summary>Codebooks to use, or null for those that the model is set to.</summary>
    public int? Codebooks { get; init; }
}
