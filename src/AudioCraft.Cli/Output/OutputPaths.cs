namespace AudioCraft.Cli.Output;

/// <summary>What to do if the output file exists.</summary>
internal enum Existing
{
    /// <summary>Keep it and number the new file.</summary>
    Keep,

    /// <summary>Replace it.</summary>
    Replace,

    /// <summary>Keep it and skip the prompt, to continue an interrupted batch.</summary>
    Skip,
}

/// <summary>
/// The paths of output files: one file, numbered files of its name, or files in a directory with names derived from the prompts.
/// The same command always gives the same names.
/// </summary>
internal sealed class OutputPaths
{
    /// <summary>The supported extensions, starting with the default.</summary>
    public static readonly string[] Formats = ["wav", "flac", "ogg", "mp3", "opus", "aiff"];

    private const int MaxNameLength = 60;

    // Names of devices on Windows, with any extension.
    private static readonly string[] Reserved = ["con", "prn", "aux", "nul"];

    private readonly Existing existing;

    /// <param name="output">A file or a directory; null for the current directory.</param>
    /// <param name="format">The extension of files in a directory; null for the default.</param>
    /// <param name="titles">The titles in order.</param>
    /// <param name="existing">What to do with existing files. An explicitly named file is replaced, except with Skip.</param>
    /// <exception cref="UsageException">The extension of the output is not supported, or differs from the format.</exception>
    public OutputPaths(string? output, string? format, IReadOnlyList<string> titles, Existing existing)
    {
        this.existing = existing;
        var asked = output ?? ".";
        var ending = Path.GetExtension(asked).TrimStart('.').ToLowerInvariant();
        var isDirectory = asked.Length == 0 || Path.EndsInDirectorySeparator(asked) || Directory.Exists(asked) || ending.Length == 0;
        if (!isDirectory && !Formats.Contains(ending))
        {
            throw new UsageException($"'{asked}' has the extension .{ending}; supported are {string.Join(", ", Formats)}. End the name of a directory with a slash.");
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

    /// <summary>One path per result.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <summary>Whether the file exists and is skipped.</summary>
    public bool IsDone(int index) => existing == Existing.Skip && File.Exists(Paths[index]);

    /// <summary>A file name derived from a title: lower case, joined with hyphens, valid on every system.</summary>
    public static string Slug(string title)
    {
        var words = string.Concat(title.Select(c => char.IsLetterOrDigit(c) ? char.ToLowerInvariant(c) : ' '));
        var name = string.Join('-', words.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        name = (name.Length > MaxNameLength ? name[..MaxNameLength] : name).Trim('-');
        return name.Length == 0 || Reserved.Contains(name) || (name.Length == 4 && (name.StartsWith("com", StringComparison.Ordinal) || name.StartsWith("lpt", StringComparison.Ordinal)))
            ? $"sound-{name}".TrimEnd('-')
            : name;
    }

    /// <summary>Appends -2, -3 and so on to repeated names.</summary>
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
