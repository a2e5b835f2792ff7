using System.Buffers;
using System.Text;

namespace AudioCraft.Conditioning;

/// <summary>
/// SentencePiece's preparation of text (its normalizer.cc): the longest rule of the character map at each place, spaces collapsed and trimmed,
/// a space put in front, and spaces written as U+2581. Symbols that the model's author defined pass unchanged.
/// </summary>
internal sealed class SentencePieceNormalizer(NormalizerSpec spec, PieceTrie? userDefined)
{
    private static ReadOnlySpan<byte> Space => " "u8;

    private static ReadOnlySpan<byte> EscapedSpace => "\u2581"u8;

    private static ReadOnlySpan<byte> Replacement => "\uFFFD"u8;

    /// <summary>UTF-8 in, UTF-8 out.</summary>
    public ReadOnlySpan<byte> Normalize(ReadOnlySpan<byte> text)
    {
        if (spec.RemoveExtraWhitespaces)
        {
            while (!text.IsEmpty && Prefix(text, out var skipped).SequenceEqual(Space))
            {
                text = text[skipped..];
            }
        }

        if (text.IsEmpty)
        {
            return default;
        }

        var space = spec.EscapeWhitespaces ? EscapedSpace : Space;
        var output = new ArrayBufferWriter<byte>(text.Length + (text.Length / 2) + space.Length);
        if (spec.AddDummyPrefix && !spec.TreatWhitespaceAsSuffix)
        {
            output.Write(space);
        }

        var afterSpace = spec.RemoveExtraWhitespaces;
        while (!text.IsEmpty)
        {
            var piece = Prefix(text, out var consumed);
            text = text[consumed..];
            if (afterSpace)
            {
                piece = piece.TrimStart(Space);
            }

            if (!piece.IsEmpty)
            {
                afterSpace = spec.RemoveExtraWhitespaces && piece[^1] == ' ';
                Append(output, piece, space);
            }
        }

        var end = output.WrittenSpan;
        while (spec.RemoveExtraWhitespaces && end.EndsWith(space))
        {
            end = end[..^space.Length];
        }

        if (!spec.AddDummyPrefix || !spec.TreatWhitespaceAsSuffix)
        {
            return end;
        }

        return (byte[])[.. end, .. space];
    }

    private static void Append(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> piece, ReadOnlySpan<byte> space)
    {
        for (var at = piece.IndexOf((byte)' '); at >= 0; at = piece.IndexOf((byte)' '))
        {
            output.Write(piece[..at]);
            output.Write(space);
            piece = piece[(at + 1)..];
        }

        output.Write(piece);
    }

    /// <summary>What the beginning of the text becomes, and how many bytes of it that takes.</summary>
    private ReadOnlySpan<byte> Prefix(ReadOnlySpan<byte> text, out int consumed)
    {
        consumed = userDefined?.LongestPrefix(text) ?? 0;
        if (consumed > 0)
        {
            return text[..consumed];
        }

        if (spec.CharsMap is { } map && (consumed = map.Match(text, out var replaced)) > 0)
        {
            return replaced;
        }

        if (Rune.DecodeFromUtf8(text, out _, out consumed) == OperationStatus.Done)
        {
            return text[..consumed];
        }

        consumed = 1;
        return Replacement;
    }
}
