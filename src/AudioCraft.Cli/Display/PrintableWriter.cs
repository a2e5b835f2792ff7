using System.Globalization;
using System.Text;

namespace AudioCraft.Cli.Display;

/// <summary>
/// Writes text that a terminal cannot interpret: control characters, format characters (such as a change of the writing direction) and unpaired surrogates
/// are written as <c>\u001B</c>, which is also a valid escape inside a JSON string. Everything that the tool prints passes through it.
/// </summary>
/// <param name="inner">Receives the escaped text.</param>
internal sealed class PrintableWriter(TextWriter inner) : TextWriter(CultureInfo.InvariantCulture)
{
    private char? high;

    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <summary>Escapes text of one line, including line breaks and tabs.</summary>
    public static string Line(string text)
    {
        if (!text.EnumerateRunes().Any(rune => rune == Rune.ReplacementChar || IsUnsafe(rune)))
        {
            return text;
        }

        var result = new StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length;)
        {
            if (Rune.TryGetRuneAt(text, i, out var rune))
            {
                result.Append(IsUnsafe(rune) ? Escape(rune) : rune.ToString());
                i += rune.Utf16SequenceLength;
            }
            else
            {
                result.Append(Escape(text[i++]));
            }
        }

        return result.ToString();
    }

    /// <inheritdoc/>
    public override void Write(char value)
    {
        if (high is { } first)
        {
            high = null;
            if (char.IsLowSurrogate(value))
            {
                var rune = new Rune(first, value);
                inner.Write(IsUnsafe(rune) ? Escape(rune) : rune.ToString());
                return;
            }

            inner.Write(Escape(first));
        }

        if (char.IsHighSurrogate(value))
        {
            high = value;
        }
        else if (char.IsLowSurrogate(value))
        {
            inner.Write(Escape(value));
        }
        else if (value != '\n' && IsUnsafe(new Rune(value)))
        {
            inner.Write(Escape(new Rune(value)));
        }
        else
        {
            inner.Write(value);
        }
    }

    /// <inheritdoc/>
    public override void Write(string? value) => Write(value.AsSpan());

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer)
    {
        if (high is null && buffer.IndexOfAnyExceptInRange(' ', '~') < 0)
        {
            inner.Write(buffer);
            return;
        }

        foreach (var value in buffer)
        {
            Write(value);
        }
    }

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    /// <inheritdoc/>
    public override void WriteLine()
    {
        EndSurrogate();
        inner.WriteLine();
    }

    /// <inheritdoc/>
    public override void WriteLine(string? value)
    {
        Write(value);
        WriteLine();
    }

    /// <inheritdoc/>
    public override void Flush()
    {
        EndSurrogate();
        inner.Flush();
    }

    private void EndSurrogate()
    {
        if (high is { } unpaired)
        {
            high = null;
            inner.Write(Escape(unpaired));
        }
    }

    // The joiners of emoji and of Indic and Arabic scripts are format characters, but change nothing outside the word.
    private static bool IsUnsafe(Rune rune) => rune.Value is not (0x200C or 0x200D) && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static string Escape(Rune rune)
    {
        Span<char> units = stackalloc char[2];
        return rune.Value switch
        {
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            _ when rune.EncodeToUtf16(units) == 1 => Escape(units[0]),
            _ => Escape(units[0]) + Escape(units[1]),
        };
    }

    private static string Escape(char unit) => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)unit:X4}");
}
