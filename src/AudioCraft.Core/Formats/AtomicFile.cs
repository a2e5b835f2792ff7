using System.Security.Cryptography;
using System.Text;

namespace AudioCraft.Formats;

/// <summary>
/// A file that is there whole or not at all. A process that is killed while it writes leaves a hidden file beside, which the next that writes to the same place removes.
/// </summary>
internal static class AtomicFile
{
    /// <summary>Writes beside <paramref name="path"/> and renames; on failure what was there before is untouched. Makes the directories that lack.</summary>
    /// <exception cref="AudioCraftException">The file system refuses.</exception>
    public static void Write(string path, Action<Stream> write)
    {
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
            var directory = Path.GetDirectoryName(target) ?? throw new IOException("it names no file.");
            Directory.CreateDirectory(directory);
            var mark = Mark(target);
            RemoveLeftBehind(directory, mark);
            var temporary = Path.Combine(directory, $"{mark}{Guid.NewGuid():n}.tmp");
            try
            {
                using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
                {
                    write(stream);
                }

                File.Move(temporary, target, overwrite: true);
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

    /// <summary>What the temporary names for a file begin with: short, however long its own name is.</summary>
    private static string Mark(string target) => $".{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFileName(target))).AsSpan(0, 6))}-";

    private static void RemoveLeftBehind(string directory, string mark)
    {
        foreach (var path in Directory.EnumerateFiles(directory, mark + "*.tmp"))
        {
            try
            {
                // Whoever is still writing holds the file; a process that was killed does not.
                using var held = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Somebody else's, or already gone.
            }
        }
    }

    private static bool IsDevice(string path) => !OperatingSystem.IsWindows() && path.StartsWith("/dev/", StringComparison.Ordinal) && File.Exists(path)
        && !path.StartsWith("/dev/shm/", StringComparison.Ordinal);
}
