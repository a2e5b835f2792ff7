using System.Text;

namespace AudioCraft.Cli.Output;

/// <summary>Checks before a long computation that its result can be written.</summary>
internal static class WritableFile
{
    private const int MaxNameBytes = 255;

    /// <summary>Checks a file.</summary>
    /// <exception cref="AudioCraftException">It is a directory, its name is too long, or its directory cannot be created or written to.</exception>
    public static void Check(string path)
    {
        CheckName(path);
        if (!IsDevice(path))
        {
            CheckDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
    }

    /// <summary>Checks that a path can refer to a file.</summary>
    /// <exception cref="AudioCraftException">It is a directory, or its name is too long.</exception>
    public static void CheckName(string path)
    {
        if (Directory.Exists(path))
        {
            throw new AudioCraftException($"'{path}' cannot be written: it is a directory.");
        }

        var name = Path.GetFileName(path);
        if ((OperatingSystem.IsWindows() ? name.Length : Encoding.UTF8.GetByteCount(name)) > MaxNameBytes)
        {
            throw new AudioCraftException($"'{path}' cannot be written: its name is longer than {MaxNameBytes} bytes.");
        }
    }

    /// <summary>Checks that files can be created in a directory, or that it can be created.</summary>
    /// <exception cref="AudioCraftException">They cannot.</exception>
    public static void CheckDirectory(string directory)
    {
        var probePath = "\0";
        try
        {
            var existing = Path.GetFullPath(directory.Length == 0 ? "." : directory);
            while (!Directory.Exists(existing))
            {
                if (File.Exists(existing))
                {
                    throw new IOException($"'{existing}' is a file, not a directory.");
                }

                existing = Path.GetDirectoryName(existing) ?? throw new IOException($"'{Path.GetPathRoot(Path.GetFullPath(directory))}' does not exist.");
            }

            // Only creating a file shows that the file system, its quota and the permissions allow it.
            probePath = Path.Combine(existing, $".audiocraft-{Guid.NewGuid():n}.tmp");
            using var probe = new FileStream(
                probePath, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            // The system's message names the probe, or says that a file was not found.
            var reason = error switch
            {
                UnauthorizedAccessException => "access is denied.",
                FileNotFoundException or DirectoryNotFoundException => "no file can be created there.",
                _ => error.Message.Replace(probePath, directory, StringComparison.Ordinal),
            };
            throw new AudioCraftException($"'{(directory.Length == 0 ? "." : directory)}' cannot be written to: {reason}", error);
        }
    }

    private static bool IsDevice(string path) => !OperatingSystem.IsWindows() && path.StartsWith("/dev/", StringComparison.Ordinal) && File.Exists(path);
}
