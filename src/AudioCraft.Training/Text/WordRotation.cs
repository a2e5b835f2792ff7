namespace AudioCraft.Training;

/// <summary>Lets descriptions begin in their middle, "a bell, far away" as "far away a bell,", so that a model heeds the words wherever they stand.</summary>
/// <param name="probability">Of turning a text, 0 to 1.</param>
public sealed class WordRotation(double probability)
{
    private readonly double probability = probability is >= 0 and <= 1
        ? probability
        : throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability of 0 to 1 is expected.");

    /// <summary>The same words, of which others may come first.</summary>
    /// <param name="text">Words with spaces between them.</param>
    /// <param name="seed">Decides whether, and where.</param>
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
