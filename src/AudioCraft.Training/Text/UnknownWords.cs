using System.Text;

namespace AudioCraft.Training;

/// <summary>
/// Puts what a model does not know into descriptions: signs without a piece in its vocabulary, and made-up words. What people write has both, and what never came in training
/// would say something by chance.
/// </summary>
/// <param name="probability">That something unknown follows a word, 0 to 1.</param>
public sealed class UnknownWords(double probability)
{
    /// <summary>What tokenizers of T5 take for the piece of unknown text, wherever it stands.</summary>
    private const string Sign = "<unk>";

    private const int LongestWord = 9;

    private readonly double probability = probability is >= 0 and <= 1
        ? probability
        : throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability of 0 to 1 is expected.");

    /// <summary>The same words in their order, with unknown ones between them: half are signs at a word's end, half words of 1 to 9 letters.</summary>
    /// <param name="text">Words with spaces between them.</param>
    /// <param name="seed">Decides which, and where.</param>
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
