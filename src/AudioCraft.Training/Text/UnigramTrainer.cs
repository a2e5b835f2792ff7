using System.Text;
using AudioCraft.Conditioning;

namespace AudioCraft.Training;

/// <summary>
/// Makes a tokenizer from texts: SentencePiece's unigram model (Kudo 2018, "Subword Regularization", section 3.2; unigram_model_trainer.cc).
/// All substrings of words are candidates; expectation maximisation tells how often each is used, and those that are missed least are dropped
/// until the vocabulary is small enough. The ids of special pieces are T5's: 0 <c>&lt;pad&gt;</c>, 1 <c>&lt;/s&gt;</c>, 2 <c>&lt;unk&gt;</c>.
/// The same texts give the same bytes, in whatever order they come.
/// </summary>
public static class UnigramTrainer
{
    private const char Space = '\u2581';
    private const int LongestWord = 128;
    private const int MostWords = 1 << 22;

    /// <summary>Rounds of expectation maximisation between two prunings.</summary>
    private const int RoundsBetweenPrunings = 2;

    /// <summary>A piece that is expected less often than this is dropped.</summary>
    private const double LeastExpected = 0.5;

    /// <summary>Pruning stops this much above the size that is asked for: the last pieces go by their probability.</summary>
    private const double Margin = 1.1;

    /// <summary>The contents of a <c>spiece.model</c> for texts like the given ones.</summary>
    /// <param name="texts">At least one that is not blank.</param>
    /// <param name="options">Sizes and rules.</param>
    /// <exception cref="ArgumentException">No text has a character, or the texts have more different characters than the vocabulary has room for.</exception>
    public static byte[] Train(IEnumerable<string> texts, UnigramTrainerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(texts);
        options ??= new UnigramTrainerOptions();
        options.Check();
        var charsMap = CharacterMapBuilder.Build(options.Rules);
        var words = CountWords(texts, new NormalizerSpec { CharsMap = CharsMap.Parse(charsMap, nameof(UnigramTrainerOptions.Rules)) });
        if (words.Count == 0)
        {
            throw new ArgumentException("There is no text with a character in it: a tokenizer cannot be made of nothing.", nameof(texts));
        }

        var size = options.VocabularySize - SentencePieceWriter.SpecialPieces.Count;
        var characters = words.SelectMany(word => Characters(word.Text)).Distinct().Order(StringComparer.Ordinal).ToList();
        if (characters.Count > size)
        {
            throw new ArgumentException($"The texts have {characters.Count} different characters, more than a vocabulary of {options.VocabularySize} has room for.", nameof(texts));
        }

        var model = UnigramModel.Seed(words, characters, options);
        var target = (int)Math.Max(size, size * Margin);
        for (; ; )
        {
            for (var round = 0; round < RoundsBetweenPrunings; round++)
            {
                model = model.Maximized(words, LeastExpected);
            }

            if (model.Pieces.Count <= target)
            {
                return SentencePieceWriter.Write(model.Final(size), charsMap, ReferenceEquals(options.Rules, TextRules.LowerCase) ? "lower_case" : "own_rules");
            }

            model = model.Pruned(words, (int)Math.Max(target, model.Pieces.Count * options.KeptPart));
        }
    }

    /// <summary>Makes a tokenizer and reads it as any other.</summary>
    /// <inheritdoc cref="Train"/>
    public static SentencePieceTokenizer TrainTokenizer(IEnumerable<string> texts, UnigramTrainerOptions? options = null) =>
        SentencePieceTokenizer.Load(new MemoryStream(Train(texts, options)), "the trained tokenizer");

    internal static IEnumerable<string> Characters(string text) => text.EnumerateRunes().Select(rune => rune.ToString());

    private static List<(string Text, long Count)> CountWords(IEnumerable<string> texts, NormalizerSpec spec)
    {
        var normalizer = new SentencePieceNormalizer(spec, null);
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var normalized = Encoding.UTF8.GetString(normalizer.Normalize(Encoding.UTF8.GetBytes(text ?? throw new ArgumentException("A text is null.", nameof(texts)))));
            foreach (var word in normalized.Split(Space, StringSplitOptions.RemoveEmptyEntries).SelectMany(Parts))
            {
                counts[word] = counts.GetValueOrDefault(word) + 1;
                if (counts.Count > MostWords)
                {
                    throw new ArgumentException($"The texts have more than {MostWords} different words: take a part of them.", nameof(texts));
                }
            }
        }

        return [.. counts.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (pair.Key, pair.Value))];
    }

    // Time grows with the square of a word's length, so what is as long as no word is cut.
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
