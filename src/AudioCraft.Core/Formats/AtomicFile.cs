using System.Security.Cryptography;
using System.Text;

namespace AudioCraft.Formats;

/// <summary>
/// Writes files completely or not at all: to a hidden temporary file in the same directory, which is flushed to disk and then renamed. If the process is killed, the temporary file
/// remains until the next write to the same path.
/// </summary>
public static class AtomicFile
{
    /// <summary>Writes a temporary file in the same directory and renames it. If that fails, an existing file stays unchanged. Missing directories are created.</summary>
    /// <param name="path">The file. A link is followed; a device is written directly.</param>
    /// <param name="write">Writes the contents. Its exceptions are passed on, except those below.</param>
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
                using var device = new FileStream(target, FileMode.Open, FileAccess.Write);
                write(device);
                return;
            }

            var link = new FileInfo(target);
            target = link.LinkTarget is null ? target : link.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? target;
            var directory = Path.GetDirectoryName(target) ?? throw new IOException("the path names no file.");
            Directory.CreateDirectory(directory);
            var mark = Mark(target);
            RemoveLeftBehind(directory, mark);
            var temporary = Path.Combine(directory, $"{mark}{Guid.NewGuid():n}.tmp");
            try
            {
                using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
                {
                    write(stream);
                    stream.Flush(flushToDisk: true);
                }

                File.Move(temporary, target, overwrite: true);
                DirectoryEntries.Flush(directory);
            }
            catch
            {
                File.Delete(temporary);
                throw;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new AudioCraftException($"'{path}' cannot be written: {error.Message}", error);
        }
    }

    /// <summary>The prefix of the temporary names of a file, of constant length.</summary>
    private static string Mark(string target) => $".{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFileName(target))).AsSpan(0, 6))}-";

    private static void RemoveLeftBehind(string directory, string mark)
    {
        foreach (var path in Directory.EnumerateFiles(directory, mark + "*.tmp"))
        {
            try
            {
                // A running writer holds its file open; a killed process does not.
                using var held = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // In use by another process, or already deleted.
            }
        }
    }

    private static bool IsDevice(string path) => !OperatingSystem.IsWindows() && path.StartsWith("/dev/", StringComparison.Ordinal) && File.Exists(path)
        && !path.StartsWith("/dev/shm/", StringComparison.Ordinal);
}
