using System.Globalization;
using System.Text;

namespace AudioCraft.Formats;

/// <summary>
/// Unicode normalization form C (Unicode Standard Annex #15). <see cref="string.Normalize()"/> returns its input in applications that run
/// without ICU (<c>InvariantGlobalization</c>), such as the tool. AudioCraft.Cli compiles this file too.
/// </summary>
internal static class CanonicalComposition
{
    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TrailBase = 0x11A7, Leads = 19, Vowels = 21, Trails = 28;

    private static readonly Lazy<Tables> Data = new(Tables.Read);

    /// <summary>The composed form of a text: <c>o</c> with U+0308 becomes <c>ö</c>. Unpaired surrogates become U+FFFD.</summary>
    public static string Of(string text)
    {
        // Below U+0300 every character is composed already.
        if (text.All(c => c < '\u0300'))
        {
            return text;
        }

        var (runes, result) = (new List<int>(text.Length), new StringBuilder(text.Length));
        foreach (var rune in text.EnumerateRunes())
        {
            Decompose(rune.Value, runes);
        }

        Order(runes);
        Compose(runes);
        foreach (var value in runes)
        {
            result.Append(new Rune(value).ToString());
        }

        return result.ToString();
    }

    private static void Decompose(int value, List<int> runes)
    {
        var syllable = value - HangulBase;
        if (syllable is >= 0 and < Leads * Vowels * Trails)
        {
            runes.Add(LeadBase + (syllable / (Vowels * Trails)));
            runes.Add(VowelBase + (syllable / Trails % Vowels));
            if (syllable % Trails != 0)
            {
                runes.Add(TrailBase + (syllable % Trails));
            }
        }
        else if (Data.Value.Decompositions.TryGetValue(value, out var parts))
        {
            Decompose(parts.First, runes);
            if (parts.Second is { } second)
            {
                runes.Add(second);
            }
        }
        else
        {
            runes.Add(value);
        }
    }

    /// <summary>Sorts each run of combining marks by combining class, stably.</summary>
    private static void Order(List<int> runes)
    {
        for (var start = 0; start < runes.Count; start++)
        {
            var end = start;
            while (end < runes.Count && ClassOf(runes[end]) != 0)
            {
                end++;
            }

            if (end - start > 1)
            {
                var sorted = runes.GetRange(start, end - start).OrderBy(ClassOf).ToList();
                runes.RemoveRange(start, sorted.Count);
                runes.InsertRange(start, sorted);
            }

            start = Math.Max(start, end - 1);
        }
    }

    private static void Compose(List<int> runes)
    {
        var (starter, count, lastClass) = (-1, 0, -1);
        for (var i = 0; i < runes.Count; i++)
        {
            var (value, combiningClass) = (runes[i], ClassOf(runes[i]));
            // A mark is blocked from its starter by a mark of the same or a higher class between them.
            var isAdjacent = starter >= 0 && (starter == count - 1 || (lastClass < combiningClass && lastClass != 0));
            if (isAdjacent && Pair(runes[starter], value) is { } composed)
            {
                runes[starter] = composed;
                continue;
            }

            runes[count] = value;
            lastClass = combiningClass;
            starter = combiningClass == 0 ? count : starter;
            count++;
        }

        runes.RemoveRange(count, runes.Count - count);
    }

    private static int? Pair(int first, int second)
    {
        if (first is >= LeadBase and < LeadBase + Leads && second is >= VowelBase and < VowelBase + Vowels)
        {
            return HangulBase + ((((first - LeadBase) * Vowels) + second - VowelBase) * Trails);
        }

        if (first is >= HangulBase and < HangulBase + (Leads * Vowels * Trails) && (first - HangulBase) % Trails == 0 && second is > TrailBase and < TrailBase + Trails)
        {
            return first + second - TrailBase;
        }

        return Data.Value.Compositions.TryGetValue((first, second), out var composed) ? composed : null;
    }

    private static int ClassOf(int value) => Data.Value.Classes.GetValueOrDefault(value);

    private sealed record Tables(Dictionary<int, (int First, int? Second)> Decompositions, Dictionary<(int First, int Second), int> Compositions, Dictionary<int, int> Classes)
    {
        /// <summary>Reads the embedded file, whose first lines describe its format.</summary>
        public static Tables Read()
        {
            var tables = new Tables([], [], []);
            using var stream = typeof(Tables).Assembly.GetManifestResourceStream("CanonicalMappings.txt") ?? throw new InvalidOperationException("The resource CanonicalMappings.txt is missing.");
            using var reader = new StreamReader(stream);
            while (reader.ReadLine() is { } line)
            {
                if (line[0] != '#')
                {
                    tables.Add(line);
                }
            }

            return tables;
        }

        private void Add(string line)
        {
            if (line.Split(':') is [var range, var number])
            {
                var (first, last) = (Hex(range.Split('-')[0]), Hex(range.Split('-')[1]));
                for (var value = first; value <= last; value++)
                {
                    Classes[value] = int.Parse(number, NumberStyles.None, CultureInfo.InvariantCulture);
                }

                return;
            }

            var (composed, parts) = (Hex(line.Split('=', '>')[0]), line.Split('=', '>')[1].Split(' '));
            Decompositions[composed] = (Hex(parts[0]), parts.Length > 1 ? Hex(parts[1]) : null);
            if (line.Contains('=', StringComparison.Ordinal))
            {
                Compositions[(Hex(parts[0]), Hex(parts[1]))] = composed;
            }
        }

        private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
