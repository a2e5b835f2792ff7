using System.Text;
using AudioCraft.Conditioning;

namespace AudioCraft.Training;

/// <summary>
/// Trains a tokenizer: SentencePiece's unigram model (Kudo 2018, "Subword Regularization", section 3.2; unigram_model_trainer.cc).
/// All substrings of words are candidates; expectation maximization estimates how often each is used, and the least useful are removed
/// until the vocabulary is small enough. The ids of special pieces are T5's: 0 <c>&lt;pad&gt;</c>, 1 <c>&lt;/s&gt;</c>, 2 <c>&lt;unk&gt;</c>.
/// The same texts give the same bytes, in any order.
/// </summary>
public static class UnigramTrainer
{
    private const char Space = '\u2581';
    private const int LongestWord = 128;
    private const int MaxWords = 1 << 22;

    /// <summary>Rounds of expectation maximization between two prunings.</summary>
    private const int RoundsBetweenPrunings = 2;

    /// <summary>Pieces with a lower expected count are removed.</summary>
    private const double MinExpected = 0.5;

    /// <summary>Pruning stops at this multiple of the requested size; the last pieces are removed by probability.</summary>
    private const double Margin = 1.1;

    /// <summary>Trains a tokenizer and returns the contents of its <c>spiece.model</c>.</summary>
    /// <param name="texts">Training texts, at least one of them not blank.</param>
    /// <param name="options">Sizes and rules.</param>
    /// <exception cref="ArgumentException">All texts are blank, or they have more distinct characters than the vocabulary size.</exception>
    public static byte[] Train(IEnumerable<string> texts, UnigramTrainerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(texts);
        options ??= new UnigramTrainerOptions();
        options.Check();
        var charsMap = CharacterMapBuilder.Build(options.Rules);
        var words = CountWords(texts, charsMap);
        if (words.Count == 0)
        {
            throw new ArgumentException("All texts are blank; at least one character is needed to train a tokenizer.", nameof(texts));
        }

        var size = options.VocabularySize - SentencePieceWriter.SpecialPieces.Count;
        var characters = words.SelectMany(word => Characters(word.Text)).Distinct().Order(StringComparer.Ordinal).ToList();
        if (characters.Count > size)
        {
            throw new ArgumentException($"The texts have {characters.Count} distinct characters, too many for a vocabulary of {options.VocabularySize}.", nameof(texts));
        }

        var model = UnigramModel.Seed(words, characters, options);
        var target = (int)Math.Max(size, size * Margin);
        for (; ; )
        {
            for (var round = 0; round < RoundsBetweenPrunings; round++)
            {
                model = model.Maximized(words, MinExpected);
            }

            if (model.Pieces.Count <= target)
            {
                return SentencePieceWriter.Write(model.Final(size), charsMap, ReferenceEquals(options.Rules, TextRules.LowerCase) ? "lower_case" : "own_rules");
            }

            model = model.Pruned(words, (int)Math.Max(target, model.Pieces.Count * options.KeptPart));
        }
    }

    /// <summary>Trains a tokenizer and loads it.</summary>
    /// <inheritdoc cref="Train"/>
    public static SentencePieceTokenizer TrainTokenizer(IEnumerable<string> texts, UnigramTrainerOptions? options = null) =>
        SentencePieceTokenizer.Load(new MemoryStream(Train(texts, options)), "the trained tokenizer");

    internal static IEnumerable<string> Characters(string text) => text.EnumerateRunes().Select(rune => rune.ToString());

    private static List<(string Text, long Count)> CountWords(IEnumerable<string> texts, byte[] charsMap)
    {
        // A tokenizer of one piece normalizes texts as the trained one will.
        var normalizer = SentencePieceTokenizer.Load(new MemoryStream(SentencePieceWriter.Write([(Space.ToString(), 0)], charsMap, "")), nameof(UnigramTrainerOptions.Rules));
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var normalized = normalizer.Normalize(text ?? throw new ArgumentException("A text is null.", nameof(texts)));
            foreach (var word in normalized.Split(Space, StringSplitOptions.RemoveEmptyEntries).SelectMany(Parts))
            {
                counts[word] = counts.GetValueOrDefault(word) + 1;
                if (counts.Count > MaxWords)
                {
                    throw new ArgumentException($"The texts have more than {MaxWords} distinct words; use a part of them.", nameof(texts));
                }
            }
        }

        return [.. counts.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (pair.Key, pair.Value))];
    }

    // Time grows with the square of the length of a word, so extremely long words are cut.
    private static IEnumerable<string> Parts(string word)
    {
        var text = new StringBuilder().Append(Space);
        foreach (var rune in word.EnumerateRunes())
        {
            text.Append(rune.ToString());
            if (text.Length >= LongestWord)
            {
                yield return text.ToString();
                text.Clear();
            }
        }

        if (text.Length > 0)
        {
            yield return text.ToString();
        }
    }
}
