using AudioCraft.Conditioning;
using TorchSharp;

namespace AudioCraft.Tests.Conditioning;

[Collection(ProcessWideState.Name)]
public class T5TokenizerTests
{
    private static readonly SentencePieceTokenizer Pieces = SentencePieceTokenizer.Load(Path.Combine(Golden.Directory("t5_tokenizer"), "spiece.model"));
    private static readonly T5Tokenizer Tokenizer = new(Pieces);

    private static long[] Plain(string text) => [.. Pieces.Encode(text).Select(id => (long)id)];

    [Fact]
    public void Plain_text_ends_with_the_end_of_sentence() => Assert.Equal([7, 107, 37, 556, 13, 6, 300, 1], Tokenizer.Encode("a dog barks in the distance"));

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void Empty_and_blank_text_is_only_the_end_of_sentence(string text) => Assert.Equal([1], Tokenizer.Encode(text));

    [Fact]
    public void Literal_special_tokens_become_ids_and_split_the_text()
    {
        Assert.Equal([.. Plain("rain"), 1, .. Plain("wind"), 1], Tokenizer.Encode("rain</s>wind"));
        Assert.Equal([.. Plain("rain"), 0, 2, .. Plain("wind"), 1], Tokenizer.Encode("rain <pad><unk> wind"));
        Assert.Equal([.. Plain("rain"), 1099, .. Plain("wind"), 1000, 1], Tokenizer.Encode("rain <extra_id_0> wind<extra_id_99>"));
    }

    [Fact]
    public void End_of_sentence_is_not_repeated()
    {
        Assert.Equal([1], Tokenizer.Encode("</s>"));
        Assert.Equal([.. Plain("rain"), 1], Tokenizer.Encode("rain </s> "));
        Assert.Equal([1, 1], Tokenizer.Encode("</s></s>"));
    }

    [Theory]
    [InlineData("<extra_id_100>")]
    [InlineData("<extra_id_007>")]
    [InlineData("<extra_id_>")]
    [InlineData("<extra_id_-1>")]
    [InlineData("<extra_id_ 1>")]
    [InlineData("<extra_id_99999999999999999999>")]
    [InlineData("<EXTRA_ID_1>")]
    [InlineData("< /s>")]
    [InlineData("</s")]
    [InlineData("<<<")]
    public void Similar_text_is_not_a_special_token(string text) => Assert.Equal([.. Plain(text), 1], Tokenizer.Encode(text));

    [Fact]
    public void Sentinels_beyond_ExtraIds_are_text()
    {
        var tokenizer = new T5Tokenizer(Pieces, extraIds: 0);
        Assert.Equal(1000, tokenizer.VocabularySize);
        Assert.Equal([.. Plain("<extra_id_0>"), 1], tokenizer.Encode("<extra_id_0>"));
    }

    [Fact]
    public void Batch_is_padded_to_the_longest_text_and_masked()
    {
        var (ids, mask) = Tokenizer.EncodeBatch(["a dog", "", "a"]);
        using (ids)
        using (mask)
        {
            Assert.Equal([3L, 4L], ids.shape);
            Assert.Equal([7L, 107, 37, 1, 1, 0, 0, 0, 7, 1, 0, 0], ids.data<long>().ToArray());
            Assert.Equal([1L, 1, 1, 1, 1, 0, 0, 0, 1, 1, 0, 0], mask.data<long>().ToArray());
            Assert.Equal(torch.int64, ids.dtype);
        }
    }

    [Fact]
    public void EncodeBatch_leaks_no_tensors() => LiveTensors.NoneLeft(() =>
    {
        var (ids, mask) = Tokenizer.EncodeBatch(["a dog", ""]);
        ids.Dispose();
        mask.Dispose();
    });

    [Fact]
    public void Misuse_throws()
    {
        Assert.Throws<ArgumentException>(() => Tokenizer.EncodeBatch([]));
        Assert.Contains("Text 1", Assert.Throws<ArgumentException>(() => Tokenizer.EncodeBatch(["a", null!])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new T5Tokenizer(Pieces, -1));
    }

    [Fact]
    public void Model_without_end_of_sentence_throws()
    {
        var chunks = new SentencePieceModelBuilder().Piece("<unk>", 0, PieceType.Unknown).Piece("a", 0).Load();
        Assert.Throws<CheckpointException>(() => new T5Tokenizer(chunks));
    }
}
