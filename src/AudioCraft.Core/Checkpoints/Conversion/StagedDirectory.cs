namespace AudioCraft.Checkpoints;

/// <summary>
/// A directory that is there whole or not at all: it is filled under a hidden name beside its own and then renamed. A process that dies leaves the hidden one,
/// which the next that writes to the same place removes.
/// </summary>
internal sealed class StagedDirectory : IDisposable
{
    private readonly string target;
    private readonly FileStream held;
    private readonly bool overwrite;

    /// <param name="path">The directory that is wanted.</param>
    /// <param name="overwrite">Whether one that has files is replaced.</param>
    /// <exception cref="AudioCraftException">It has files and is not to be replaced, another process is writing it, or the file system refuses.</exception>
    public StagedDirectory(string path, bool overwrite)
    {
        target = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        this.overwrite = overwrite;
        var parent = System.IO.Path.GetDirectoryName(target) ?? throw new AudioCraftException($"'{path}' is not a directory that can be written.");
        if (File.Exists(target) || (!overwrite && Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()))
        {
            throw new AudioCraftException($"'{path}' is already there, and has something in it. Choose another place, or ask for it to be replaced.");
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

    /// <summary>The hidden directory, to be filled.</summary>
    public string Path { get; }

    /// <summary>Gives the directory its name.</summary>
    /// <exception cref="AudioCraftException">The file system refuses, or somebody else has put files there meanwhile.</exception>
    public void Commit()
    {
        var old = Path + ".old";
        try
        {
            Remove(old);
            if (Directory.Exists(target))
            {
                if (overwrite)
                {
                    Directory.Move(target, old);
                }
                else
                {
                    Directory.Delete(target);
                }
            }

            Directory.Move(Path, target);
            Remove(old);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AudioCraftException($"'{target}' cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Removes what was not given its name.</summary>
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
