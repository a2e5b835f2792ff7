namespace AudioCraft.Training;

/// <summary>Drops words of descriptions, so that a model uses each word and not only whole sentences (upstream's <c>word_dropout</c>, audiocraft/modules/conditioners.py).</summary>
/// <param name="probability">Probability of dropping a word, 0 to less than 1.</param>
public sealed class WordDropout(double probability)
{
    private readonly double probability = probability is >= 0 and < 1
        ? probability
        : throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability of 0 to less than 1 is expected.");

    /// <summary>Drops words; at least one word is kept.</summary>
    /// <param name="text">Words separated by spaces.</param>
    /// <param name="seed">Seed of the random choice.</param>
    public string Apply(string text, long seed)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (probability == 0)
        {
            return text;
        }

        var random = new SeededRandom((ulong)seed);
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var kept = words.Where(_ => random.Uniform() >= probability).ToList();
        return kept.Count > 0 || words.Length == 0 ? string.Join(' ', kept) : words[random.Below(words.Length)];
    }
}
