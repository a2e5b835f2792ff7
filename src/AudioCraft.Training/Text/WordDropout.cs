namespace AudioCraft.Training;

/// <summary>Leaves words out of descriptions, so that a model heeds each of them and not only whole sentences (upstream's <c>word_dropout</c>, audiocraft/modules/conditioners.py).</summary>
/// <param name="probability">Of leaving a word out, 0 to less than 1.</param>
public sealed class WordDropout(double probability)
{
    private readonly double probability = probability is >= 0 and < 1
        ? probability
        : throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability of 0 to less than 1 is expected.");

    /// <summary>The text without some of its words. One word stays at least, so that a description never comes to say nothing.</summary>
    /// <param name="text">Words with spaces between them.</param>
    /// <param name="seed">Decides which.</param>
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
