using SkiaSharp;

namespace AudioCraft.Pictures;

/// <summary>
/// Draws labels with the system's fonts, and numbers with their units even without fonts: SkiaSharp has no default font on Linux (its build without dependencies
/// does not use fontconfig), and servers often have no fonts.
/// </summary>
internal static class LabelText
{
    /// <summary>The height of capital letters and digits in pixels.</summary>
    public const int CapHeight = 10;

    private const int Rows = 7, Columns = 5, MaxFontFiles = 2000;
    private const float Size = 14, Pixel = CapHeight / (float)Rows;

    /// <summary>Glyphs of 5 x 7 pixels, a row per number, the highest bit on the left.</summary>
    private static readonly Dictionary<char, byte[]> Glyphs = new()
    {
        ['0'] = [14, 17, 17, 17, 17, 17, 14],
        ['1'] = [4, 12, 4, 4, 4, 4, 14],
        ['2'] = [14, 17, 1, 2, 4, 8, 31],
        ['3'] = [31, 2, 4, 2, 1, 17, 14],
        ['4'] = [2, 6, 10, 18, 31, 2, 2],
        ['5'] = [31, 16, 30, 1, 1, 17, 14],
        ['6'] = [6, 8, 16, 30, 17, 17, 14],
        ['7'] = [31, 1, 2, 4, 8, 8, 8],
        ['8'] = [14, 17, 17, 14, 17, 17, 14],
        ['9'] = [14, 17, 17, 15, 1, 2, 12],
        ['.'] = [0, 0, 0, 0, 0, 12, 12],
        [':'] = [0, 12, 12, 0, 12, 12, 0],
        ['H'] = [17, 17, 17, 31, 17, 17, 17],
        ['z'] = [0, 0, 31, 2, 4, 8, 31],
        ['k'] = [16, 16, 18, 20, 24, 20, 18],
        ['s'] = [0, 0, 14, 16, 14, 1, 30],
        ['m'] = [0, 0, 26, 21, 21, 17, 17],
        ['i'] = [4, 0, 12, 4, 4, 4, 14],
        ['n'] = [0, 0, 22, 25, 17, 17, 17],
    };

    private static readonly string[] FontDirectories =
    [
        "/usr/share/fonts", "/usr/local/share/fonts",
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".fonts"),
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "fonts"),
    ];

    private static readonly Lazy<IReadOnlyList<SKTypeface>> Installed = new(FindInstalled);

    /// <summary>Draws a text. Without a font, only numbers with units are drawn.</summary>
    /// <param name="canvas">The canvas.</param>
    /// <param name="text">The text.</param>
    /// <param name="x">The left end, the center or the right end.</param>
    /// <param name="baseline">The lower end of capital letters.</param>
    /// <param name="align">What <paramref name="x"/> is.</param>
    /// <param name="color">The color.</param>
    /// <param name="maxWidth">Longer text ends in an ellipsis.</param>
    public static void Draw(SKCanvas canvas, string text, float x, float baseline, SKTextAlign align, SKColor color, float maxWidth = float.MaxValue)
    {
        using var paint = new SKPaint { Color = color, IsAntialias = true };
        if (TypefaceFor(text) is { } typeface)
        {
            using var font = new SKFont(typeface, Size);
            canvas.DrawText(Shortened(text, font, maxWidth), x, baseline, align, font, paint);
            return;
        }

        if (!text.All(c => c == ' ' || Glyphs.ContainsKey(c)))
        {
            return;
        }

        var glyphs = text.Select(c => Glyphs.GetValueOrDefault(c)).ToList();
        var advance = (Columns + 1) * Pixel;
        var width = (glyphs.Count * advance) - Pixel;
        var left = align switch { SKTextAlign.Center => x - (width / 2), SKTextAlign.Right => x - width, _ => x };
        for (var i = 0; i < glyphs.Count; i++)
        {
            DrawGlyph(canvas, glyphs[i], left + (i * advance), baseline - CapHeight, paint);
        }
    }

    private static void DrawGlyph(SKCanvas canvas, byte[]? rows, float left, float top, SKPaint paint)
    {
        for (var row = 0; row < rows?.Length; row++)
        {
            for (var column = 0; column < Columns; column++)
            {
                if ((rows[row] & (1 << (Columns - 1 - column))) != 0)
                {
                    canvas.DrawRect(left + (column * Pixel), top + (row * Pixel), Pixel, Pixel, paint);
                }
            }
        }
    }

    private static string Shortened(string text, SKFont font, float maxWidth)
    {
        if (font.MeasureText(text) <= maxWidth)
        {
            return text;
        }

        var elements = System.Globalization.StringInfo.ParseCombiningCharacters(text);
        var count = elements.Length - 1;
        while (count > 0 && font.MeasureText(text[..elements[count]] + "…") > maxWidth)
        {
            count--;
        }

        return text[..elements[count]] + "…";
    }

    /// <summary>The font that has most of the characters; null if there is no font.</summary>
    private static SKTypeface? TypefaceFor(string text)
    {
        var runes = text.EnumerateRunes().Where(rune => !System.Text.Rune.IsWhiteSpace(rune)).Select(rune => rune.Value).ToList();
        var fonts = new[] { SKTypeface.Default }.Concat(Installed.Value).Select(typeface => (typeface, Missing: Missing(typeface, runes)));
        var best = ((SKTypeface?)null, Missing: runes.Count);
        foreach (var font in fonts)
        {
            best = font.Missing < best.Missing ? font : best;
            if (best.Missing == 0)
            {
                break;
            }
        }

        return best.Item1;
    }

    private static int Missing(SKTypeface typeface, List<int> runes)
    {
        using var font = new SKFont(typeface, Size);
        return runes.Count(rune => font.GetGlyph(rune) == 0);
    }

    private static List<SKTypeface> FindInstalled()
    {
        if (!OperatingSystem.IsLinux())
        {
            return [];
        }

        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, MaxRecursionDepth = 6 };
        return [.. FontDirectories.Where(Directory.Exists).SelectMany(directory => Directory.EnumerateFiles(directory, "*.?t?", options)).Take(MaxFontFiles)
            // Plain fonts for text before bold, slanted and special ones.
            .OrderBy(path => Path.GetFileNameWithoutExtension(path) is "DejaVuSans" or "NotoSans-Regular" or "LiberationSans-Regular" ? 0 : path.Contains("Sans", StringComparison.Ordinal) && !path.Contains("Mono", StringComparison.Ordinal) ? 1 : 2)
            .ThenBy(path => path.Contains("Bold", StringComparison.Ordinal) || path.Contains("Oblique", StringComparison.Ordinal) || path.Contains("Italic", StringComparison.Ordinal) ? 1 : 0)
            .ThenBy(path => path, StringComparer.Ordinal).Select(path => SKTypeface.FromFile(path)).OfType<SKTypeface>()];
    }
}
