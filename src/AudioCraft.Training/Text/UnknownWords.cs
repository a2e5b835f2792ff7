using System.Text;

namespace AudioCraft.Training;

/// <summary>
/// Inserts unknown text into descriptions: characters without a piece in the vocabulary, and random words. Users' prompts contain both, and text that never occurred in training
/// has an arbitrary effect.
/// </summary>
/// <param name="probability">Probability that unknown text follows a word, 0 to 1.</param>
public sealed class UnknownWords(double probability)
{
    /// <summary>The unknown piece of T5 tokenizers, which they recognize anywhere in a text.</summary>
    private const string Sign = "<unk>";

    private const int LongestWord = 9;

    private readonly double probability = probability is >= 0 and <= 1
        ? probability
        : throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability of 0 to 1 is expected.");

    /// <summary>Inserts unknown text after words: half of it unknown characters, half words of 1 to 9 letters.</summary>
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
        var result = new StringBuilder(text.Length + Sign.Length);
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            result.Append(result.Length == 0 ? "" : " ").Append(word);
            if (random.Uniform() >= probability)
            {
                continue;
            }

            if (random.Below(2) == 0)
            {
                result.Append(Sign);
                continue;
            }

            result.Append(' ');
            for (var letters = 1 + random.Below(LongestWord); letters > 0; letters--)
            {
                result.Append((char)('a' + random.Below(26)));
            }
        }

        return result.ToString();
    }
}
