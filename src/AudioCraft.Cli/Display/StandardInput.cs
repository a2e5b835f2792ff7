namespace AudioCraft.Cli.Display;

/// <summary>The standard input of the process.</summary>
internal static class StandardInput
{
    private const string Descriptors = "/proc/self/fd";

    /// <summary>Opens stdin; it is empty if the process was started with a closed stdin (<c>&lt;&amp;-</c>).</summary>
    public static TextReader Open() => OperatingSystem.IsLinux() && IsClosed() ? TextReader.Null : Console.In;

    /// <summary>
    /// Whether descriptor 0 is a pipe of this process. If stdin is closed, the .NET runtime's first pipe gets descriptor 0, and reading from it never ends because
    /// the process itself holds the writing end.
    /// </summary>
    private static bool IsClosed()
    {
        try
        {
            return Target("0") is { } pipe && pipe.StartsWith("pipe:", StringComparison.Ordinal)
                && Directory.GetFileSystemEntries(Descriptors).Select(Path.GetFileName).Any(descriptor => Target(descriptor!) == pipe && IsWritable(descriptor!));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Without /proc, stdin is read as it is.
            return false;
        }
    }

    // Null for a descriptor that has been closed since it was listed.
    private static string? Target(string descriptor) => new FileInfo(Path.Combine(Descriptors, descriptor)).LinkTarget;

    private static bool IsWritable(string descriptor)
    {
        const string Flags = "flags:";
        const int AccessMode = 3, ReadOnly = 0;
        var info = $"/proc/self/fdinfo/{descriptor}";
        var flags = File.Exists(info) ? File.ReadLines(info).FirstOrDefault(line => line.StartsWith(Flags, StringComparison.Ordinal)) : null;
        return flags is not null && (Convert.ToInt32(flags[Flags.Length..].Trim(), 8) & AccessMode) != ReadOnly;
    }
}
