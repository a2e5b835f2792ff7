namespace AudioCraft.Formats;

/// <summary>
/// A complete file under a temporary name, flushed to disk, which gets its final name by a rename in the same directory. If the process is killed before, the temporary file remains
/// until a later write in the directory.
/// </summary>
internal sealed class TemporaryFile : IDisposable
{
    private const string Prefix = ".audiocraft-", Suffix = ".tmp";

    /// <summary>Files without a write for this long belong to no running process.</summary>
    private static readonly TimeSpan LeftBehind = TimeSpan.FromHours(1);

    /// <summary>Writes the file. Missing directories are created.</summary>
    /// <param name="directory">The directory, that of the final name.</param>
    /// <param name="write">Writes the contents.</param>
    /// <exception cref="OutputException">The file cannot be written. Exceptions of <paramref name="write"/> are passed on.</exception>
    public TemporaryFile(string directory, Action<Stream> write)
    {
        OutputException.Wrap(() => Directory.CreateDirectory(directory));
        RemoveLeftBehind(directory);
        Path = NewName(directory);
        try
        {
            WriteTo(OutputException.Wrap(() => new FileStream(Path, FileMode.CreateNew, FileAccess.ReadWrite)), write);
        }
        catch
        {
            File.Delete(Path);
            throw;
        }
    }

    /// <summary>The temporary name.</summary>
    public string Path { get; }

    /// <summary>A name for a temporary file or link that no other process uses.</summary>
    public static string NewName(string directory) => System.IO.Path.Combine(directory, $"{Prefix}{Guid.NewGuid():n}{Suffix}");

    /// <summary>Writes to a file, flushes it to disk and closes it.</summary>
    /// <exception cref="OutputException">The file cannot be written. Exceptions of <paramref name="write"/> are passed on.</exception>
    public static void WriteTo(FileStream file, Action<Stream> write)
    {
        using (var output = new OutputStream(file))
        {
            write(output);
            OutputException.Wrap(() => file.Flush(flushToDisk: true));
        }
    }

    /// <summary>Renames the file; an existing one is replaced.</summary>
    /// <exception cref="OutputException">The file cannot be renamed.</exception>
    public void Replace(string path) => OutputException.Wrap(() => DirectoryEntries.Rename(Path, path));

    /// <summary>Deletes the file if it was not renamed.</summary>
    public void Dispose() => File.Delete(Path);

    /// <summary>Deletes the temporary files of processes that were killed.</summary>
    private static void RemoveLeftBehind(string directory)
    {
        var limit = DateTime.UtcNow - LeftBehind;
        try
        {
            foreach (var file in new DirectoryInfo(directory).EnumerateFiles($"{Prefix}*{Suffix}").Where(file => file.LastWriteTimeUtc < limit))
            {
                Remove(file);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A directory that can be written but not listed: the new file does not depend on the old ones.
        }
    }

    private static void Remove(FileInfo file)
    {
        try
        {
            if (file.LinkTarget is null)
            {
                // Fails if the file is open: its writer computes for longer than the limit between two writes.
                using var held = new FileStream(file.FullName, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            }
            else
            {
                file.Delete();
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // In use, already deleted, or of another user.
        }
    }
}
