using System.Globalization;
using System.Text;
using AudioCraft.Formats;

namespace AudioCraft.Cli.Output;

/// <summary>File names without extension that are derived from titles and valid on Windows, macOS and Linux.</summary>
internal static class FileName
{
    private const string Default = "sound";

    /// <summary>Leaves room for a number and an extension in the 255 bytes that file systems allow.</summary>
    private const int MaxBytes = 180, MaxGraphemes = 60;

    // Names of devices on Windows, with any extension.
    private static readonly HashSet<string> Reserved = new(
        [
            "con", "prn", "aux", "nul", "conin", "conout",
            .. from device in new[] { "com", "lpt" } from number in "0123456789¹²³" select $"{device}{number}",
        ], StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The words of a title in lower case, joined with hyphens: letters with their marks, digits, emoji. Composed (form C) and cut between graphemes.
    /// </summary>
    public static string Of(string title)
    {
        var (name, bytes, graphemes, isNewWord) = (new StringBuilder(), 0, 0, false);
        var elements = StringInfo.GetTextElementEnumerator(CanonicalComposition.Of(title));
        while (elements.MoveNext())
        {
            if (Visible(elements.GetTextElement()) is not { } grapheme)
            {
                isNewWord = true;
                continue;
            }

            var text = isNewWord && name.Length > 0 ? "-" + grapheme : grapheme;
            bytes += Encoding.UTF8.GetByteCount(text);
            graphemes += text.Length - grapheme.Length + 1;
            if (bytes > MaxBytes || graphemes > MaxGraphemes)
            {
                break;
            }

            name.Append(text);
            isNewWord = false;
        }

        var result = name.ToString();
        return result.Length == 0 ? Default : Reserved.Contains(result) ? $"{Default}-{result}" : result;
    }

    /// <summary>Makes names different from each other by appending -2, -3 and so on to repeated ones.</summary>
    public static IReadOnlyList<(string Name, int Number)> Numbered(IEnumerable<string> names)
    {
        var (taken, next, result) = (new HashSet<string>(), new Dictionary<string, int>(), new List<(string, int)>());
        foreach (var name in names)
        {
            var number = next.GetValueOrDefault(Key(name), 1);
            while (!taken.Add(Key(WithNumber(name, number))))
            {
                number++;
            }

            next[Key(name)] = number + 1;
            result.Add((name, number));
        }

        return result;
    }

    /// <summary>The name with its number; the first one has none.</summary>
    public static string WithNumber(string name, int number) => number == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");

    /// <summary>What a file system that ignores case and joiners compares.</summary>
    private static string Key(string name) => string.Concat(name.Where(c => c is not ('\u200c' or '\u200d' or '\ufe0f'))).Replace('\u0130', 'I').ToUpperInvariant();

    /// <summary>The characters of a grapheme that a file name keeps, in lower case; null if it is a space, punctuation or invisible.</summary>
    private static string? Visible(string grapheme)
    {
        var kept = new StringBuilder();
        foreach (var rune in grapheme.EnumerateRunes())
        {
            var isBase = IsBase(rune);
            if (kept.Length == 0 && !isBase)
            {
                return null;
            }

            if (isBase || IsExtension(rune))
            {
                kept.Append(Rune.ToLowerInvariant(rune).ToString());
            }
        }

        return kept.Length == 0 ? null : kept.ToString();
    }

    private static bool IsBase(Rune rune) => !IsBlank(rune) && (Rune.IsLetter(rune) || Rune.IsNumber(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.OtherSymbol);

    /// <summary>Marks, the joiners of scripts and emoji, and the modifiers of emoji.</summary>
    private static bool IsExtension(Rune rune) => rune.Value is 0x200C or 0x200D || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
        or UnicodeCategory.EnclosingMark or UnicodeCategory.ModifierSymbol;

    /// <summary>Letters and symbols that are not drawn (Hangul fillers, the blank of Braille), and those that stand for missing ones.</summary>
    private static bool IsBlank(Rune rune) => rune.Value is 0x115F or 0x1160 or 0x3164 or 0xFFA0 or 0x2800 or 0xFFFC or 0xFFFD;
}
