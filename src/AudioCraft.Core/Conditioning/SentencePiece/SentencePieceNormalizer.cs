using System.Buffers;
using System.Text;

namespace AudioCraft.Conditioning;

/// <summary>
/// SentencePiece's text normalization (normalizer.cc): replaces the longest match of the character map at each position, collapses and trims spaces,
/// prepends a space and escapes spaces as U+2581. User-defined symbols are not changed.
/// </summary>
internal sealed class SentencePieceNormalizer(NormalizerSpec spec, PieceTrie? userDefined)
{
    private static ReadOnlySpan<byte> Space => " "u8;

    private static ReadOnlySpan<byte> EscapedSpace => "\u2581"u8;

    private static ReadOnlySpan<byte> Replacement => "\uFFFD"u8;

    /// <summary>Normalizes UTF-8 text.</summary>
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

    /// <summary>Normalizes the start of the text; <paramref name="consumed"/> is the number of input bytes.</summary>
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
