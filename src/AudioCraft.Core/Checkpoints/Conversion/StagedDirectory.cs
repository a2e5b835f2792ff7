using AudioCraft.Formats;

namespace AudioCraft.Checkpoints;

/// <summary>
/// A directory that appears only when it is complete: its files are written to a hidden directory beside it, which is then renamed. An existing directory is
/// replaced in one step on Linux and macOS. If the process crashes, the hidden directory remains until the next write to the same path.
/// </summary>
internal sealed class StagedDirectory : IDisposable
{
    private readonly string target;
    private readonly FileStream held;
    private readonly bool overwrite;

    /// <param name="path">The directory to create.</param>
    /// <param name="overwrite">Whether to replace a directory that is not empty.</param>
    /// <exception cref="AudioCraftException">The directory is not empty and must not be replaced, another process is writing it, or it cannot be written.</exception>
    public StagedDirectory(string path, bool overwrite)
    {
        target = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        this.overwrite = overwrite;
        var parent = System.IO.Path.GetDirectoryName(target) ?? throw new AudioCraftException($"'{path}' is not a directory that can be written.");
        if (File.Exists(target) || (!overwrite && Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()))
        {
            throw new AudioCraftException($"'{path}' exists already and is not empty. Choose another directory, or allow overwriting it.");
        }

        Path = System.IO.Path.Combine(parent, $".{System.IO.Path.GetFileName(target)}.partial");
        try
        {
            Directory.CreateDirectory(parent);
            held = new FileStream(Path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AudioCraftException($"'{path}' cannot be written, or another process is writing it: {e.Message}", e);
        }

        try
        {
            Remove(Path);
            Directory.CreateDirectory(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            held.Dispose();
            throw new AudioCraftException($"'{path}' cannot be written: {e.Message}", e);
        }
    }

    /// <summary>The hidden directory, to which the files are written.</summary>
    public string Path { get; }

    /// <summary>Renames the directory to its final name.</summary>
    /// <exception cref="AudioCraftException">The directory cannot be renamed, or another process has created files there.</exception>
    public void Commit()
    {
        var old = Path + ".old";
        try
        {
            Remove(old);
            DirectoryEntries.Flush(Path);
            if (!Directory.Exists(target))
            {
                Directory.Move(Path, target);
            }
            else if (!overwrite)
            {
                Directory.Delete(target);
                Directory.Move(Path, target);
            }
            else if (!DirectoryEntries.TryExchange(Path, target))
            {
                Replace(Path, target, old);
            }

            // After an exchange, Path is the old directory.
            Remove(Path);
            Remove(old);
            DirectoryEntries.Flush(System.IO.Path.GetDirectoryName(target)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AudioCraftException($"'{target}' cannot be written: {e.Message}", e);
        }
    }

    /// <summary>
    /// Replaces a directory by two renames, for Windows and file systems that cannot exchange directories; between them it does not exist. If the second one fails, the first one is undone.
    /// </summary>
    /// <param name="directory">The new directory.</param>
    /// <param name="target">The directory to replace.</param>
    /// <param name="old">The name that the replaced directory gets.</param>
    internal static void Replace(string directory, string target, string old)
    {
        Directory.Move(target, old);
        try
        {
            Directory.Move(directory, target);
        }
        catch
        {
            Directory.Move(old, target);
            throw;
        }
    }

    /// <summary>Removes the hidden directory.</summary>
    public void Dispose()
    {
        using (held)
        {
            Remove(Path);
        }
    }

    private static void Remove(string directory)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
