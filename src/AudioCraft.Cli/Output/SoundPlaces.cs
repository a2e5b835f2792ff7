namespace AudioCraft.Cli.Output;

/// <summary>What becomes of a file that is already where one is to be written.</summary>
internal enum Existing
{
    /// <summary>It stays, and the new one gets a number.</summary>
    Keep,

    /// <summary>The new one takes its place.</summary>
    Replace,

    /// <summary>It stays, and the new one is not made: how a batch that was cut short goes on.</summary>
    Skip,
}

/// <summary>
/// Where sounds go: into one file, into numbered files of its name where there are several, or into a directory under names made from what they are.
/// Names follow from the order of the sounds alone, so that the same command means the same files again.
/// </summary>
internal sealed class SoundPlaces
{
    /// <summary>Endings of files that are written, the first of them the usual one.</summary>
    public static readonly string[] Formats = ["wav", "flac", "ogg", "mp3", "opus", "aiff"];

    private const int LongestName = 60;

    // Windows takes these for devices, whatever the extension.
    private static readonly string[] Reserved = ["con", "prn", "aux", "nul"];

    private readonly Existing existing;

    /// <param name="output">A file or a directory; null for here.</param>
    /// <param name="format">The ending of files in a directory; null for the usual one.</param>
    /// <param name="titles">What the sounds are, in order.</param>
    /// <param name="existing">What becomes of files that are there. A file that is named outright is replaced, unless they are skipped.</param>
    /// <exception cref="UsageException">The output has an ending that is not written, or contradicts the format.</exception>
    public SoundPlaces(string? output, string? format, IReadOnlyList<string> titles, Existing existing)
    {
        this.existing = existing;
        var asked = output ?? ".";
        var ending = Path.GetExtension(asked).TrimStart('.').ToLowerInvariant();
        var isDirectory = asked.Length == 0 || Path.EndsInDirectorySeparator(asked) || Directory.Exists(asked) || ending.Length == 0;
        if (!isDirectory && !Formats.Contains(ending))
        {
            throw new UsageException($"'{asked}' ends in .{ending}; sounds are written as {string.Join(", ", Formats)}. A directory's name ends in a slash.");
        }

        if (!isDirectory && format is not null && format != ending)
        {
            throw new UsageException($"'{asked}' and --format {format} contradict each other.");
        }

        var names = isDirectory ? Numbered([.. titles.Select(Slug)]) : null;
        Paths = isDirectory
            ? [.. names!.Select(name => Free(Path.Combine(asked, name), format ?? Formats[0], existing))]
            : titles.Count == 1
                ? [asked]
                : [.. Enumerable.Range(1, titles.Count).Select(n => Path.Combine(Path.GetDirectoryName(asked)!, $"{Path.GetFileNameWithoutExtension(asked)}-{n}.{ending}"))];
    }

    /// <summary>A path for each sound.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <summary>Whether the sound is there already and stays.</summary>
    public bool IsDone(int index) => existing == Existing.Skip && File.Exists(Paths[index]);

    /// <summary>A name made from words: lower case, joined with hyphens, safe on every system.</summary>
    public static string Slug(string title)
    {
        var words = string.Concat(title.Select(c => char.IsLetterOrDigit(c) ? char.ToLowerInvariant(c) : ' '));
        var name = string.Join('-', words.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        name = (name.Length > LongestName ? name[..LongestName] : name).Trim('-');
        return name.Length == 0 || Reserved.Contains(name) || (name.Length == 4 && (name.StartsWith("com", StringComparison.Ordinal) || name.StartsWith("lpt", StringComparison.Ordinal)))
            ? $"sound-{name}".TrimEnd('-')
            : name;
    }

    /// <summary>The second of a name is called -2, and so on.</summary>
    private static List<string> Numbered(IReadOnlyList<string> names)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        var result = new List<string>();
        foreach (var name in names)
        {
            var number = 1;
            var candidate = name;
            while (!taken.Add(candidate))
            {
                candidate = $"{name}-{++number}";
            }

            result.Add(candidate);
        }

        return result;
    }

    private static string Free(string path, string ending, Existing existing)
    {
        var candidate = $"{path}.{ending}";
        for (var number = 2; existing == Existing.Keep && File.Exists(candidate); number++)
        {
            candidate = $"{path}-{number}.{ending}";
        }

        return candidate;
    }
}
