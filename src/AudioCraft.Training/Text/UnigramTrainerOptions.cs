namespace AudioCraft.Training;

/// <summary>Options of <see cref="UnigramTrainer"/>.</summary>
public sealed record UnigramTrainerOptions
{
    /// <summary>Maximum vocabulary size, including the three special pieces. The result is smaller if the texts have fewer substrings.</summary>
    public int VocabularySize { get; init; } = 1000;

    /// <summary>Longest piece in characters, 1 to 64.</summary>
    public int LongestPiece { get; init; } = 16;

    /// <summary>Number of initial candidates.</summary>
    public int SeedPieces { get; init; } = 100_000;

    /// <summary>Share of the pieces that a round of pruning keeps, above 0 and below 1.</summary>
    public double KeptPart { get; init; } = 0.75;

    /// <summary>Replacements applied to the texts first.</summary>
    public IReadOnlyDictionary<string, string> Rules { get; init; } = TextRules.LowerCase;

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(VocabularySize, 4);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(VocabularySize, 1 << 20);
        ArgumentOutOfRangeException.ThrowIfLessThan(LongestPiece, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(LongestPiece, 64);
        ArgumentOutOfRangeException.ThrowIfLessThan(SeedPieces, 1);
        ArgumentNullException.ThrowIfNull(Rules);
        if (!(KeptPart > 0 && KeptPart < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(KeptPart), KeptPart, "A part above 0 and below 1 is expected.");
        }

        if (Rules.Keys.FirstOrDefault(key => key.Length == 0 || key.Contains('\0', StringComparison.Ordinal)) is { } bad)
        {
            throw new ArgumentException($"A rule replaces '{bad}'; an empty string or one with NUL cannot be replaced.", nameof(Rules));
        }
    }
}
