using System.Runtime.InteropServices;

namespace AudioCraft.Cli.Output;

/// <summary>
/// Creates files without replacing existing ones, completely or not at all, even if several processes write to one directory: a temporary file is renamed only if
/// its name is free at that moment.
/// </summary>
internal sealed class NewFile : IDisposable
{
    private const string Prefix = ".audiocraft-", Suffix = ".tmp";

    private static readonly TimeSpan LeftBehind = TimeSpan.FromHours(1);

    private readonly string temporary;

    /// <summary>Writes the temporary file. Missing directories are created.</summary>
    /// <param name="directory">The directory of the file.</param>
    /// <param name="write">Writes the contents.</param>
    public NewFile(string directory, Action<Stream> write)
    {
        directory = directory.Length == 0 ? "." : directory;
        Directory.CreateDirectory(directory);
        RemoveLeftBehind(directory);
        temporary = Path.Combine(directory, $"{Prefix}{Guid.NewGuid():n}{Suffix}");
        try
        {
            using var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite);
            write(stream);
            stream.Flush(flushToDisk: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Renames the file if the name is free.</summary>
    /// <returns>Whether it was free.</returns>
    public bool TryPublish(string path)
    {
        if (Path.Exists(path))
        {
            return false;
        }

        if (OperatingSystem.IsWindows())
        {
            try
            {
                File.Move(temporary, path, overwrite: false);
                return true;
            }
            catch (IOException) when (Path.Exists(path))
            {
                // Another process has taken the name since.
                return false;
            }
        }

        // On other systems File.Move checks for the file and then replaces it; a hard link is created only if the name is free.
        if (CreateHardLink(temporary, path) == 0)
        {
            File.Delete(temporary);
            return true;
        }

        return !Path.Exists(path) && TryReserve(path);
    }

    /// <summary>For file systems without hard links: reserves the name with an empty file and replaces that.</summary>
    private bool TryReserve(string path)
    {
        try
        {
            new FileStream(path, FileMode.CreateNew, FileAccess.Write).Dispose();
        }
        catch (IOException) when (Path.Exists(path))
        {
            return false;
        }

        File.Move(temporary, path, overwrite: true);
        return true;
    }

    /// <summary>Deletes the published file.</summary>
    public void Withdraw(string path) => File.Move(path, temporary);

    /// <summary>Deletes the file if it was not published.</summary>
    public void Dispose() => File.Delete(temporary);

    /// <summary>Deletes the temporary files of processes that were killed.</summary>
    private static void RemoveLeftBehind(string directory)
    {
        var limit = DateTime.UtcNow - LeftBehind;
        foreach (var path in Directory.EnumerateFiles(directory, $"{Prefix}*{Suffix}").Where(path => File.GetLastWriteTimeUtc(path) < limit))
        {
            try
            {
                File.Delete(path);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // It belongs to another user: it does no harm.
            }
        }
    }

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int CreateHardLink([MarshalAs(UnmanagedType.LPUTF8Str)] string existing, [MarshalAs(UnmanagedType.LPUTF8Str)] string path);
}
