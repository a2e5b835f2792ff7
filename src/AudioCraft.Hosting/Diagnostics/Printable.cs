using System.Globalization;

namespace AudioCraft.Hosting;

/// <summary>Makes text from clients safe for terminals and log files.</summary>
internal static class Printable
{
    private const char ZeroWidthNonJoiner = '\u200c', ZeroWidthJoiner = '\u200d';

    /// <summary>Replaces control characters, line and paragraph separators, invisible formatting (such as a change of direction) and unpaired surrogates by <c>\uXXXX</c>.</summary>
    public static string Escape(string text)
    {
        if (!text.Where((_, i) => IsUnsafe(text, i)).Any())
        {
            return text;
        }

        return string.Concat(text.Select((c, i) => IsUnsafe(text, i) ? string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : c.ToString()));
    }

    private static bool IsUnsafe(string text, int i) => char.GetUnicodeCategory(text[i]) switch
    {
        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,

        // Emoji and several scripts need the two joiners.
        UnicodeCategory.Format => text[i] is not (ZeroWidthNonJoiner or ZeroWidthJoiner),
        UnicodeCategory.Surrogate => !(i + 1 < text.Length && char.IsSurrogatePair(text, i)) && !(i > 0 && char.IsSurrogatePair(text, i - 1)),
        _ => false,
    };
}
