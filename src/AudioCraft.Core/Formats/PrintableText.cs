using System.Globalization;
using System.Text;

namespace AudioCraft.Formats;

/// <summary>
/// Makes text from files, servers and users safe to print: a terminal or a log must not interpret it.
/// AudioCraft.Hosting and AudioCraft.Cli compile this file too.
/// </summary>
internal static class PrintableText
{
    /// <summary>
    /// The text with every control character, format character (such as a change of the writing direction), line separator and unpaired surrogate
    /// written as <c>\n</c> or <c>\u001B</c>, and cut to <paramref name="maxLength"/> characters.
    /// </summary>
    /// <param name="text">The text to quote in a message.</param>
    /// <param name="maxLength">The longest result; longer text ends in an ellipsis.</param>
    public static string Of(string text, int maxLength = 200)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, 1);
        if (text.Length <= maxLength && !NeedsEscape(text))
        {
            return text;
        }

        var result = new StringBuilder(Math.Min(text.Length, maxLength));
        for (var i = 0; i < text.Length;)
        {
            var valid = Rune.TryGetRuneAt(text, i, out var rune);
            var part = valid && !IsUnsafe(rune) ? rune.ToString() : Escape(text.AsSpan(i, valid ? rune.Utf16SequenceLength : 1));
            i += valid ? rune.Utf16SequenceLength : 1;
            if (result.Length + part.Length > maxLength - (i < text.Length ? 1 : 0))
            {
                return result.Append('…').ToString();
            }

            result.Append(part);
        }

        return result.ToString();
    }

    /// <summary>Whether a character must be escaped. The joiners of emoji and of Indic and Arabic scripts are format characters, but change nothing outside the word.</summary>
    public static bool IsUnsafe(Rune rune) => rune.Value is not (0x200C or 0x200D) && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate;

    /// <summary>The escape of a character: its short form, or one <c>\uXXXX</c> for each UTF-16 code unit.</summary>
    /// <param name="characters">The one or two code units of a character, or an unpaired surrogate.</param>
    public static string Escape(ReadOnlySpan<char> characters)
    {
        switch (characters)
        {
            case "\n":
                return "\\n";
            case "\r":
                return "\\r";
            case "\t":
                return "\\t";
        }

        var escaped = new StringBuilder();
        foreach (var c in characters)
        {
            escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");
        }

        return escaped.ToString();
    }

    private static bool NeedsEscape(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is < ' ' or > '~')
            {
                if (!Rune.TryGetRuneAt(text, i, out var rune) || IsUnsafe(rune))
                {
                    return true;
                }

                i += rune.Utf16SequenceLength - 1;
            }
        }

        return false;
    }
}
