namespace AudioCraft.Cli.Output;

/// <summary>
/// The output files of a command: one file, numbered files of its name, files in a directory with names derived from the prompts, or stdout.
/// The same command always gives the same names, except that <see cref="Existing.Keep"/> numbers them.
/// </summary>
internal sealed class OutputPaths
{
    /// <summary>The value of --output for stdout.</summary>
    public const string StandardOutput = "-";

    /// <summary>The supported extensions, starting with the default.</summary>
    public static readonly string[] Formats = ["wav", "flac", "ogg", "mp3", "opus", "aiff"];

    /// <param name="output">A file, a directory or -; null for the current directory.</param>
    /// <param name="format">The extension of files in a directory; null for the default.</param>
    /// <param name="titles">The titles in order.</param>
    /// <param name="existing">What to do with existing files; null to keep those in a directory and to replace an explicitly named file.</param>
    /// <exception cref="UsageException">The extension of the output is not supported, or differs from the format; or several results were requested for stdout.</exception>
    public OutputPaths(string? output, string? format, IReadOnlyList<string> titles, Existing? existing = null)
    {
        var requested = output ?? ".";
        if (requested.Length == 0)
        {
            throw new UsageException("--output takes a file, a directory, or - for stdout, not an empty name.");
        }

        IsStandardOutput = requested == StandardOutput;
        if (IsStandardOutput)
        {
            if (titles.Count > 1)
            {
                throw new UsageException($"--output - writes one result to stdout, but {titles.Count} were requested.");
            }

            Files = [new OutputFile("", "stdout", 1, format ?? Formats[0], Existing.Replace)];
            return;
        }

        var extension = Path.GetExtension(requested).TrimStart('.').ToLowerInvariant();
        var isDirectory = Path.EndsInDirectorySeparator(requested) || Directory.Exists(requested) || extension.Length == 0;
        if (isDirectory)
        {
            Files = [.. FileName.Numbered(titles.Select(FileName.Of)).Select(name => new OutputFile(requested, name.Name, name.Number, format ?? Formats[0], existing ?? Existing.Keep))];
            return;
        }

        if (!Formats.Contains(extension))
        {
            throw new UsageException($"'{requested}' has the extension .{extension}; supported are {string.Join(", ", Formats)}. End the name of a directory with a slash.");
        }

        if (format is not null && format != extension)
        {
            throw new UsageException($"'{requested}' and --format {format} contradict each other.");
        }

        var (directory, name, written) = (Path.GetDirectoryName(requested)!, Path.GetFileNameWithoutExtension(requested), Path.GetExtension(requested)[1..]);
        Files = titles.Count == 1
            ? [new OutputFile(directory, name, 1, written, existing ?? Existing.Replace)]
            : [.. Enumerable.Range(1, titles.Count).Select(n => new OutputFile(directory, $"{name}-{n}", 1, written, existing ?? Existing.Replace))];
    }

    /// <summary>Whether the result is written to stdout.</summary>
    public bool IsStandardOutput { get; }

    /// <summary>One file per result. With <see cref="Existing.Keep"/>, the number is raised when the file is written.</summary>
    public IReadOnlyList<OutputFile> Files { get; }

    /// <summary>Checks before the computation that the files can be written.</summary>
    /// <param name="withPictures">Whether spectrograms are written beside them.</param>
    /// <exception cref="AudioCraftException">A directory cannot be created or written to, or a path is a directory.</exception>
    public void Check(bool withPictures)
    {
        if (IsStandardOutput)
        {
            return;
        }

        foreach (var directory in Files.Select(file => file.Directory).Distinct())
        {
            WritableFile.CheckDirectory(directory);
        }

        foreach (var file in Files.Where(file => file.Existing != Existing.Keep))
        {
            WritableFile.CheckName(file.Path);
            if (withPictures)
            {
                WritableFile.CheckName(file.Picture);
            }
        }
    }
}
