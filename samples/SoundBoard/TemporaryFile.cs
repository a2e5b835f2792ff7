namespace SoundBoard;

/// <summary>Files that are deleted when they are closed. Uploads and results are kept in them, so that memory use does not depend on the number of requests.</summary>
internal static class TemporaryFile
{
    private const int BufferBytes = 1 << 16;

    /// <summary>Creates an empty file in the system's temporary directory, owned by the caller.</summary>
    public static FileStream Create() => new(
        Path.Combine(Path.GetTempPath(), $"soundboard-{Path.GetRandomFileName()}"),
        new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = BufferBytes,
            Options = FileOptions.DeleteOnClose,
        });

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
