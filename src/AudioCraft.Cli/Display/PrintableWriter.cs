using System.Globalization;
using System.Text;
using AudioCraft.Formats;

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
    public static string Line(string text) => PrintableText.Of(text, int.MaxValue);

    /// <inheritdoc/>
    public override void Write(char value)
    {
        if (high is { } first)
        {
            high = null;
            if (char.IsLowSurrogate(value))
            {
                Span<char> pair = [first, value];
                inner.Write(PrintableText.IsUnsafe(new Rune(first, value)) ? PrintableText.Escape(pair) : pair);
                return;
            }

            inner.Write(PrintableText.Escape([first]));
        }

        if (char.IsHighSurrogate(value))
        {
            high = value;
        }
        else if (char.IsLowSurrogate(value) || (value != '\n' && PrintableText.IsUnsafe(new Rune(value))))
        {
            inner.Write(PrintableText.Escape([value]));
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
            inner.Write(PrintableText.Escape([unpaired]));
        }
    }
}
