using System.Globalization;

namespace TrainAudioGen;

/// <summary>The words after the command: names with values, <c>--name value</c>, and words without a name.</summary>
internal sealed class Options
{
    private readonly Dictionary<string, string> named = new(StringComparer.Ordinal);
    private readonly HashSet<string> asked = new(StringComparer.Ordinal);

    public Options(IReadOnlyList<string> words)
    {
        for (var i = 0; i < words.Count; i++)
        {
            if (!words[i].StartsWith("--", StringComparison.Ordinal))
            {
                Words.Add(words[i]);
            }
            else if (i + 1 < words.Count)
            {
                named[words[i]] = words[++i];
            }
            else
            {
                throw new FormatException($"{words[i]} needs a value.");
            }
        }
    }

    public List<string> Words { get; } = [];

    public string Text(string name) => Find(name) ?? throw new FormatException($"{name} is missing.");

    public string Text(string name, string otherwise) => Find(name) ?? otherwise;

    public string? TextOrNull(string name) => Find(name);

    public int Whole(string name, int otherwise) => Find(name) is not { } text ? otherwise
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException($"{name} takes a whole number, not '{text}'.");

    public double Number(string name, double otherwise) => Find(name) is not { } text ? otherwise
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException($"{name} takes a number, not '{text}'.");

    /// <summary>Refuses what nobody has asked for: call it when every option has been read.</summary>
    public void RefuseOthers(int words = 0)
    {
        if (named.Keys.FirstOrDefault(name => !asked.Contains(name)) is { } unknown)
        {
            throw new FormatException($"{unknown} is no option of this command.");
        }

        if (Words.Count != words)
        {
            throw new FormatException($"{words} words without a name are expected, not {Words.Count}.");
        }
    }

    private string? Find(string name)
    {
        asked.Add(name);
        return named.GetValueOrDefault(name);
    }
}
