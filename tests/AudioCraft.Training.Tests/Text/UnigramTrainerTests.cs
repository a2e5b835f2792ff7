using System.Text.Json;
using AudioCraft.Conditioning;
using AudioCraft.Tests;

namespace AudioCraft.Training.Tests;

public class UnigramTrainerTests
{
    private static readonly string[] Texts = File.ReadAllLines(Golden.File("unigram_trained", "texts.txt"));

    [Fact]
    public void Trained_model_gives_the_same_ids_and_pieces_in_SentencePiece()
    {
        var tokenizer = SentencePieceTokenizer.Load(Golden.File("unigram_trained", "spiece.model"));
        using var recorded = JsonDocument.Parse(File.ReadAllBytes(Golden.File("unigram_trained", "ids.json")));
        foreach (var one in recorded.RootElement.EnumerateArray())
        {
            var text = one.GetProperty("text").GetString()!;
            int[] ids = [.. one.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            Assert.Equal(ids, tokenizer.Encode(text));
            Assert.Equal(one.GetProperty("pieces").EnumerateArray().Select(piece => piece.GetString()), tokenizer.EncodePieces(text));
            Assert.Equal(one.GetProperty("decoded").GetString(), tokenizer.Decode(ids));
        }
    }

    [Fact]
    public void Pieces_do_not_depend_on_the_order_of_the_texts()
    {
        var options = new UnigramTrainerOptions { VocabularySize = 160 };
        var model = UnigramTrainer.Train(Texts, options);
        Assert.Equal(model, UnigramTrainer.Train(Texts.Reverse(), options));
        Assert.Equal(
            Pieces(SentencePieceTokenizer.Load(Golden.File("unigram_trained", "spiece.model"))).Order(StringComparer.Ordinal),
            Pieces(SentencePieceTokenizer.Load(new MemoryStream(model))).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Trained_tokenizer_has_the_special_ids_of_T5_and_round_trips_in_lower_case()
    {
        var tokenizer = UnigramTrainer.TrainTokenizer(Texts, new UnigramTrainerOptions { VocabularySize = 200 });
        Assert.Equal((0, 1, 2, -1), (tokenizer.PaddingId, tokenizer.EndOfSentenceId, tokenizer.UnknownId, tokenizer.BeginOfSentenceId));
        Assert.InRange(tokenizer.PieceCount, 4, 200);
        foreach (var text in Texts)
        {
            var ids = tokenizer.Encode(text);
            Assert.DoesNotContain(tokenizer.UnknownId, ids);
            Assert.Equal(string.Join(' ', text.ToLowerInvariant().Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)), tokenizer.Decode(ids));
        }

        Assert.Equal(1, new T5Tokenizer(tokenizer, extraIds: 0).Encode("rain on a roof")[^1]);
    }

    [Fact]
    public void Larger_vocabulary_needs_fewer_pieces()
    {
        int Count(int size) => Texts.Sum(text => UnigramTrainer.TrainTokenizer(Texts, new UnigramTrainerOptions { VocabularySize = size }).Encode(text).Length);
        int small = Count(80), large = Count(250);
        Assert.True(large < 0.7 * small, $"{large} and {small} pieces");
    }

    [Fact]
    public void Training_without_rules_keeps_capitals()
    {
        var tokenizer = UnigramTrainer.TrainTokenizer(["Ab ab", "Ab"], new UnigramTrainerOptions { VocabularySize = 20, Rules = TextRules.Identity });
        Assert.NotEqual(tokenizer.Encode("Ab"), tokenizer.Encode("ab"));
        Assert.Equal("Ab ab", tokenizer.Decode(tokenizer.Encode("Ab ab")));
    }

    [Fact]
    public void Rules_of_several_characters_use_the_longest_match()
    {
        var rules = new Dictionary<string, string> { ["a"] = "x", ["ab"] = "yz", ["abc"] = "", ["é"] = "e", ["b"] = "c" };
        var tokenizer = UnigramTrainer.TrainTokenizer(["x yz c e q"], new UnigramTrainerOptions { VocabularySize = 40, Rules = rules });
        Assert.Equal("\u2581x\u2581yz\u2581q\u2581c\u2581exx", tokenizer.Normalize("a ab abcq b éaa"));
    }

    [Fact]
    public void Blank_texts_are_rejected()
    {
        foreach (var texts in (string[][])[[], [""], ["  ", "\t\n", "\u0007"]])
        {
            Assert.Throws<ArgumentException>(() => UnigramTrainer.Train(texts));
        }

        Assert.Throws<ArgumentException>(() => UnigramTrainer.Train([null!]));
        Assert.Throws<ArgumentNullException>(() => UnigramTrainer.Train(null!));
    }

    [Fact]
    public void More_characters_than_ids_are_rejected_with_both_numbers()
    {
        var message = Assert.Throws<ArgumentException>(() => UnigramTrainer.Train(["abcdefghij"], new UnigramTrainerOptions { VocabularySize = 8 })).Message;
        Assert.Contains("11 distinct characters", message, StringComparison.Ordinal);
        Assert.Contains("of 8", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Hostile_texts_end_within_seconds_and_give_a_tokenizer_that_loads()
    {
        var watch = ProcessorTime.StartNew();
        var random = new Random(1);
        string[] texts =
        [
            new('a', 100_000), string.Concat(Enumerable.Repeat("ab", 50_000)), "\ud800 lone \udfff", "\u2581\u2581", "</s><pad><unk>",
            string.Concat(Enumerable.Range(0, 20_000).Select(_ => (char)('a' + random.Next(26)))), "\0nul\0",
        ];
        var tokenizer = UnigramTrainer.TrainTokenizer(texts, new UnigramTrainerOptions { VocabularySize = 120 });
        Assert.NotEmpty(tokenizer.Encode("ab lone aab"));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{watch.Elapsed}");
    }

    [Theory]
    [InlineData(3, 16, 100, 0.75)]
    [InlineData(100, 0, 100, 0.75)]
    [InlineData(100, 16, 0, 0.75)]
    [InlineData(100, 16, 100, 1.0)]
    public void Options_out_of_range_are_rejected(int size, int longest, int seeds, double kept) => Assert.Throws<ArgumentOutOfRangeException>(() =>
        UnigramTrainer.Train(["a"], new UnigramTrainerOptions { VocabularySize = size, LongestPiece = longest, SeedPieces = seeds, KeptPart = kept }));

    private static IEnumerable<string> Pieces(SentencePieceTokenizer tokenizer) => Enumerable.Range(0, tokenizer.PieceCount).Select(tokenizer.IdToPiece);
}
