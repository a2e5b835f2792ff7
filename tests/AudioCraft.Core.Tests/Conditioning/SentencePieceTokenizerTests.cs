using System.Diagnostics;
using System.Text;
using System.Text.Json;
using AudioCraft.Conditioning;

namespace AudioCraft.Tests.Conditioning;

[Collection(ProcessWideState.Name)]
public class SentencePieceTokenizerTests
{
    private static readonly string ModelPath = Path.Combine(Golden.Directory("t5_tokenizer"), "spiece.model");
    private static readonly SentencePieceTokenizer Tokenizer = SentencePieceTokenizer.Load(ModelPath);

    private static readonly JsonSerializerOptions AnyCase = new() { PropertyNameCaseInsensitive = true };

    private sealed record Case(string Text, int[] Ids, string[] Pieces, string? Normalized, string Decoded);

    private static Case[] Cases() => JsonSerializer.Deserialize<Case[]>(
        File.ReadAllText(Path.Combine(Golden.Directory("t5_tokenizer"), "tokenizer.json")), AnyCase)!;

    [Fact]
    public void Ids_of_212_strings_match_the_reference()
    {
        var cases = Cases();
        Assert.Equal(212, cases.Length);
        Assert.All(cases, c => Assert.Equal(c.Ids[..^1], Tokenizer.Encode(c.Text)));
    }

    [Fact]
    public void Pieces_of_212_strings_match_the_reference() => Assert.All(Cases(), c => Assert.Equal(c.Pieces, Tokenizer.EncodePieces(c.Text)));

    [Fact]
    public void Decoded_text_of_212_strings_matches_the_reference() => Assert.All(Cases(), c => Assert.Equal(c.Decoded, Tokenizer.Decode(c.Ids)));

    [Fact]
    public void Normalized_text_matches_the_reference()
    {
        // The command line of the reference neither prepends nor escapes spaces.
        var normalizer = new SentencePieceNormalizer(Tokenizer.Spec with { AddDummyPrefix = false, EscapeWhitespaces = false }, null);
        var cases = Cases().Where(c => c.Normalized is not null).ToArray();
        Assert.True(cases.Length > 150);
        Assert.All(cases, c => Assert.Equal(c.Normalized, Encoding.UTF8.GetString(normalizer.Normalize(Encoding.UTF8.GetBytes(c.Text)))));
    }

    [Fact]
    public void Normalize_returns_the_joined_pieces() =>
        Assert.All(Cases(), c => Assert.Equal(string.Concat(c.Pieces), Tokenizer.Normalize(c.Text)));

    [Fact]
    public void Special_ids_are_the_models_or_minus_one()
    {
        Assert.Equal(1000, Tokenizer.PieceCount);
        Assert.Equal((0, 1, 2, -1), (Tokenizer.PaddingId, Tokenizer.EndOfSentenceId, Tokenizer.UnknownId, Tokenizer.BeginOfSentenceId));
        Assert.All(Enumerable.Range(0, 1000), id => Assert.Equal(id, Tokenizer.PieceToId(Tokenizer.IdToPiece(id))));
        Assert.Equal(Tokenizer.UnknownId, Tokenizer.PieceToId("no such piece"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(" \t\r\n\u00A0\u3000 ")]
    public void Empty_and_blank_text_has_no_pieces(string text)
    {
        Assert.Empty(Tokenizer.Encode(text));
        Assert.Empty(Tokenizer.EncodePieces(text));
        Assert.Equal("", Tokenizer.Normalize(text));
    }

    [Fact]
    public void Lone_surrogate_is_read_as_the_replacement_character()
    {
        Assert.Equal(Tokenizer.Encode("a\uFFFDb"), Tokenizer.Encode("a\uD800b"));
        Assert.Equal(Tokenizer.Encode("\uFFFD"), Tokenizer.Encode("\uDC00"));
        Assert.Equal(Tokenizer.Encode("x\uFFFD"), Tokenizer.Encode("x\uD83D"));
    }

    [Fact]
    public void Megabyte_of_any_text_is_encoded_in_seconds()
    {
        // Takes half a second without other load and with optimized code. A non-linear algorithm would take hours.
        foreach (var unit in new[] { "a dog barks in the distance ", "x", "é\u0301ﷺ", "\U0001F600", "<extra_id_" })
        {
            var text = string.Concat(Enumerable.Repeat(unit, 1_000_000 / Encoding.UTF8.GetByteCount(unit)));
            var watch = ProcessorTime.StartNew();
            Assert.NotEmpty(new T5Tokenizer(Tokenizer).Encode(text));
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{unit}: {watch.Elapsed}");
        }
    }

    [Fact]
    public void Concurrent_encoding_gives_the_same_ids()
    {
        var cases = Cases();
        Parallel.For(0, 400, i => Assert.Equal(cases[i % cases.Length].Ids[..^1], Tokenizer.Encode(cases[i % cases.Length].Text)));
    }

    [Fact]
    public void Misuse_throws_with_the_value()
    {
        Assert.Throws<ArgumentNullException>(() => Tokenizer.Encode(null!));
        Assert.Throws<ArgumentNullException>(() => Tokenizer.Decode(null!));
        Assert.Contains("1000", Assert.Throws<ArgumentOutOfRangeException>(() => Tokenizer.Decode([1000])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Tokenizer.IdToPiece(-1));
    }

    [Fact]
    public void Missing_file_is_named()
    {
        var error = Assert.Throws<CheckpointException>(() => SentencePieceTokenizer.Load("/nowhere/spiece.model"));
        Assert.Contains("/nowhere/spiece.model", error.Message, StringComparison.Ordinal);
    }
}
