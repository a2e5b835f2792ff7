using System.Globalization;

namespace AudioGenTiny.Recipe;

/// <summary>The arguments of a command: options, <c>--name value</c>, and positional arguments.</summary>
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
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException($"{name} must be an integer, not '{text}'.");

    public double Number(string name, double otherwise) => Find(name) is not { } text ? otherwise
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException($"{name} must be a number, not '{text}'.");

    /// <summary>Throws if there are unknown options or another number of positional arguments; call it after all options have been read.</summary>
    public void RefuseOthers(int words = 0)
    {
        if (named.Keys.FirstOrDefault(name => !asked.Contains(name)) is { } unknown)
        {
            throw new FormatException($"{unknown} is not an option of this command.");
        }

        if (Words.Count != words)
        {
            throw new FormatException($"{words} positional arguments are expected, not {Words.Count}.");
        }
    }

    private string? Find(string name)
    {
        asked.Add(name);
        return named.GetValueOrDefault(name);
    }
}
