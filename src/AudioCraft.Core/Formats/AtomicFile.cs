using System.Runtime.ExceptionServices;

namespace AudioCraft.Formats;

/// <summary>
/// Writes files completely or not at all, also after a power failure: to a hidden temporary file in the same directory, which is flushed to disk and then renamed. Several processes
/// can write one path; the last rename counts. If a process is killed, its temporary file remains until a write in the same directory an hour later.
/// </summary>
public static class AtomicFile
{
    /// <summary>Writes a temporary file in the same directory and renames it. If that fails, an existing file stays unchanged. Missing directories are created.</summary>
    /// <param name="path">The file. A link is followed; a device is written directly.</param>
    /// <param name="write">Writes the contents to the stream, which can also seek and be read. Its own exceptions are passed on.</param>
    /// <exception cref="AudioCraftException">The file cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        try
        {
            var target = Path.GetFullPath(path);
            if (IsDevice(target))
            {
                // Renaming over a device would replace it.
                TemporaryFile.WriteTo(OutputException.Wrap(() => new FileStream(target, FileMode.Open, FileAccess.Write)), write);
                return;
            }

            WriteAndRename(OutputException.Wrap(() => FinalTarget(target)), write);
        }
        catch (OutputException error)
        {
            throw new AudioCraftException($"'{path}' cannot be written: {error.Message}", error.InnerException!);
        }
    }

    /// <summary>Writes a file as <see cref="Write"/> does, with the exceptions of the system. Links are replaced.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be written.</exception>
    internal static void Replace(string path, Action<Stream> write)
    {
        try
        {
            WriteAndRename(path, write);
        }
        catch (OutputException error)
        {
            ExceptionDispatchInfo.Throw(error.InnerException!);
        }
    }

    /// <summary>Copies a file.</summary>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    internal static void Copy(string source, string path)
    {
        using var from = File.OpenRead(source);
        Replace(path, from.CopyTo);
    }

    private static void WriteAndRename(string path, Action<Stream> write)
    {
        using var temporary = new TemporaryFile(Path.GetDirectoryName(path) ?? throw new OutputException(new IOException("the path names no file.")), write);
        temporary.Replace(path);
    }

    private static string FinalTarget(string path)
    {
        var link = new FileInfo(path);
        return link.LinkTarget is null ? path : link.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path;
    }

    private static bool IsDevice(string path) => !OperatingSystem.IsWindows() && path.StartsWith("/dev/", StringComparison.Ordinal) && File.Exists(path)
        && !path.StartsWith("/dev/shm/", StringComparison.Ordinal);
}
