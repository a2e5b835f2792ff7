using System.Runtime.InteropServices;
using AudioCraft.Formats;

namespace AudioCraft.Cli.Output;

/// <summary>
/// Creates files without replacing existing ones, completely or not at all, even if several processes write to one directory: a temporary file is renamed only if
/// its name is free at that moment.
/// </summary>
internal sealed class NewFile : IDisposable
{
    private readonly TemporaryFile temporary;

    /// <summary>Writes the temporary file. Missing directories are created.</summary>
    /// <param name="directory">The directory of the file.</param>
    /// <param name="write">Writes the contents.</param>
    public NewFile(string directory, Action<Stream> write) => temporary = new TemporaryFile(directory.Length == 0 ? "." : directory, write);

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
                File.Move(temporary.Path, path, overwrite: false);
                return true;
            }
            catch (IOException) when (Path.Exists(path))
            {
                // Another process has taken the name since.
                return false;
            }
        }

        // On other systems File.Move checks for the file and then replaces it; a hard link is created only if the name is free.
        if (CreateHardLink(temporary.Path, path) == 0)
        {
            temporary.Dispose();
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

        File.Move(temporary.Path, path, overwrite: true);
        return true;
    }

    /// <summary>Deletes the published file.</summary>
    public void Withdraw(string path) => File.Move(path, temporary.Path);

    /// <summary>Deletes the file if it was not published.</summary>
    public void Dispose() => temporary.Dispose();

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int CreateHardLink([MarshalAs(UnmanagedType.LPUTF8Str)] string existing, [MarshalAs(UnmanagedType.LPUTF8Str)] string path);
}
