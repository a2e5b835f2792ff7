using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Conditioning;

/// <summary>
/// Converts text to T5's token ids like Hugging Face's <c>T5Tokenizer</c> (the slow one, in its default "legacy" behavior, which audiocraft uses):
/// SentencePiece pieces, then <c>&lt;/s&gt;</c>.
/// </summary>
/// <remarks>
/// The literal tokens <c>&lt;/s&gt;</c>, <c>&lt;pad&gt;</c>, <c>&lt;unk&gt;</c> and the sentinels <c>&lt;extra_id_0&gt;</c> … in a text become their
/// ids, and each text between them is tokenized separately. Whitespace next to a sentinel is dropped; next to the other
/// three the tokenizer model decides (T5's drops it too). A text that already ends in <c>&lt;/s&gt;</c> gets no second one. Texts are never truncated.
/// Sources: tokenization_t5.py and tokenization_utils.py of transformers 4.34 and later.
/// </remarks>
public sealed class T5Tokenizer
{
    private const string SentinelStart = "<extra_id_";
    private const int LongestNumber = 10;
    private readonly SentencePieceTokenizer pieces;

    /// <param name="pieces">The SentencePiece model; it must have <c>&lt;/s&gt;</c> and <c>&lt;pad&gt;</c>.</param>
    /// <param name="extraIds">Number of sentinels after the pieces, 0 or more. T5 has 100; <c>&lt;extra_id_0&gt;</c> has the highest id.</param>
    /// <exception cref="CheckpointException">The model lacks <c>&lt;/s&gt;</c> or <c>&lt;pad&gt;</c>.</exception>
    public T5Tokenizer(SentencePieceTokenizer pieces, int extraIds = 100)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        ArgumentOutOfRangeException.ThrowIfNegative(extraIds);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(extraIds, int.MaxValue - pieces.PieceCount);
        if (pieces.EndOfSentenceId < 0 || pieces.PaddingId < 0)
        {
            throw new CheckpointException("The tokenizer model has no </s> or no <pad>, so it is not a T5 tokenizer.");
        }

        this.pieces = pieces;
        ExtraIds = extraIds;
    }

    /// <summary>Number of sentinels <c>&lt;extra_id_N&gt;</c>.</summary>
    public int ExtraIds { get; }

    /// <summary>Number of ids: pieces and sentinels. T5's embedding may have more rows.</summary>
    public int VocabularySize => pieces.PieceCount + ExtraIds;

    /// <summary>Id of the padding token.</summary>
    public long PaddingId => pieces.PaddingId;

    /// <summary>Id of the end-of-sentence token.</summary>
    public long EndOfSentenceId => pieces.EndOfSentenceId;

    /// <summary>Returns the ids of a text, including the final <c>&lt;/s&gt;</c>.</summary>
    /// <exception cref="ArgumentException">The text has more than 67,108,864 UTF-16 units.</exception>
    public long[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<long>();
        var plainFrom = 0;
        var afterSentinel = false;
        for (var at = text.IndexOf('<'); at >= 0; at = NextBracket(text, at))
        {
            var length = SpecialAt(text.AsSpan(at), out var id);
            if (length == 0)
            {
                continue;
            }

            var sentinel = id >= pieces.PieceCount;
            AddPlain(ids, text[plainFrom..at], afterSentinel, sentinel);
            ids.Add(id);
            plainFrom = at + length;
            afterSentinel = sentinel;
            at = plainFrom - 1;
        }

        AddPlain(ids, text[plainFrom..], afterSentinel, false);
        if (ids.Count == 0 || ids[^1] != EndOfSentenceId)
        {
            ids.Add(EndOfSentenceId);
        }

        return [.. ids];
    }

    /// <summary>Tokenizes texts as one batch, padded to the longest with <see cref="PaddingId"/>.</summary>
    /// <param name="texts">At least one.</param>
    /// <returns>
    /// Ids [B, T] and a mask [B, T] that is 1 for tokens and 0 for padding, both int64 on the CPU; the caller owns them.
    /// A literal <c>&lt;pad&gt;</c> in a text counts as a token.
    /// </returns>
    /// <exception cref="ArgumentException">The list is empty, or a text is null.</exception>
    public (Tensor InputIds, Tensor AttentionMask) EncodeBatch(IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (texts.Count == 0)
        {
            throw new ArgumentException("At least one text is needed; the list is empty.", nameof(texts));
        }

        var rows = new long[texts.Count][];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = Encode(texts[i] ?? throw new ArgumentException($"Text {i} of {texts.Count} is null.", nameof(texts)));
        }

        return Batch(rows);
    }

    /// <summary>Pads the ids of texts, at least one, to the longest.</summary>
    internal (Tensor InputIds, Tensor AttentionMask) Batch(IReadOnlyList<long[]> rows)
    {
        if (rows.Count == 0)
        {
            throw new ArgumentException("At least one text is needed; the list is empty.", nameof(rows));
        }

        var longest = rows.Max(row => row.Length);
        var ids = new long[checked(rows.Count * longest)];
        var mask = new long[ids.Length];
        Array.Fill(ids, PaddingId);
        for (var i = 0; i < rows.Count; i++)
        {
            rows[i].CopyTo(ids, i * longest);
            Array.Fill(mask, 1, i * longest, rows[i].Length);
        }

        return (tensor(ids, [rows.Count, longest]), tensor(mask, [rows.Count, longest]));
    }

    private static int NextBracket(string text, int at) => at + 1 < text.Length ? text.IndexOf('<', at + 1) : -1;

    private void AddPlain(List<long> ids, string text, bool afterSentinel, bool beforeSentinel)
    {
        text = afterSentinel ? text.TrimStart() : text;
        text = beforeSentinel ? text.TrimEnd() : text;
        foreach (var id in pieces.Encode(text))
        {
            ids.Add(id);
        }
    }

    /// <summary>Length of the special token at the start of the text, or 0.</summary>
    private int SpecialAt(ReadOnlySpan<char> text, out long id)
    {
        foreach (var (token, tokenId) in (ReadOnlySpan<(string, int)>)[("</s>", pieces.EndOfSentenceId), ("<pad>", pieces.PaddingId), ("<unk>", pieces.UnknownId)])
        {
            if (text.StartsWith(token, StringComparison.Ordinal))
            {
                id = tokenId;
                return token.Length;
            }
        }

        id = 0;
        if (!text.StartsWith(SentinelStart, StringComparison.Ordinal))
        {
            return 0;
        }

        // 0 to 99 as Python prints them: digits only, no leading zero.
        var digits = text[SentinelStart.Length..];
        digits = digits[..Math.Min(digits.Length, LongestNumber + 1)];
        digits = digits[..Math.Max(0, digits.IndexOf('>'))];
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number >= ExtraIds || (digits.Length > 1 && digits[0] == '0'))
        {
            return 0;
        }

        id = VocabularySize - 1 - number;
        return SentinelStart.Length + digits.Length + 1;
    }
}
