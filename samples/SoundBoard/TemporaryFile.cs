namespace SoundBoard;

/// <summary>Files that are deleted when they are closed. Uploads and results are kept in them, so that memory use does not depend on the number of requests.</summary>
internal static class TemporaryFile
{
    private const int BufferBytes = 1 << 16;

    /// <summary>Creates an empty file in the system's temporary directory, owned by the caller.</summary>
    public static FileStream Create()
    {
        var path = Path.Combine(Path.GetTempPath(), $"soundboard-{Path.GetRandomFileName()}");
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = BufferBytes,
            Options = FileOptions.DeleteOnClose,
        };
        if (OperatingSystem.IsWindows())
        {
            return new FileStream(path, options);
        }

        // Unlinked at once, so that nothing is left if the process is killed.
        options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(path, options);
        File.Delete(path);
        return file;
    }

    /// <summary>Creates a file, writes it, and returns it at its beginning.</summary>
    public static FileStream Write(Action<Stream> write)
    {
        var file = Create();
        try
        {
            write(file);
            file.Position = 0;
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
