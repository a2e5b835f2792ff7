namespace AudioCraft.Training;

/// <summary>Rotates descriptions, "a bell, far away" to "far away a bell,", so that a model uses words at any position.</summary>
/// <param name="probability">Probability of rotating a text, 0 to 1.</param>
public sealed class WordRotation(double probability)
{
    private readonly double probability = probability is >= 0 and <= 1
        ? probability
        : throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability of 0 to 1 is expected.");

    /// <summary>Rotates the words.</summary>
    /// <param name="text">Words separated by spaces.</param>
    /// <param name="seed">Seed of the random choice.</param>
    public string Apply(string text, long seed)
    {
        ArgumentNullException.ThrowIfNull(text);
        var random = new SeededRandom((ulong)seed);
        if (random.Uniform() >= probability)
        {
            return text;
        }

        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var first = words.Length == 0 ? 0 : (int)random.Below(words.Length);
        return string.Join(' ', words.Skip(first).Concat(words.Take(first)));
    }
}
