namespace AudioCraft.Audio;

/// <summary>A file that is there whole or not at all.</summary>
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
            var temporary = Path.Combine(directory, $".{Guid.NewGuid():n}.tmp");
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

    private static bool IsDevice(string path) => !OperatingSystem.IsWindows() && path.StartsWith("/dev/", StringComparison.Ordinal) && File.Exists(path)
        && !path.StartsWith("/dev/shm/", StringComparison.Ordinal);
}
