using System.Runtime.InteropServices;

namespace AudioCraft.Hub;

/// <summary>Replaces files atomically, so that they are complete after a power failure too: the data reaches the disk before the new name.</summary>
internal static partial class DurableFile
{
    private const int ReadOnly = 0;

    /// <summary>Renames a temporary file, whose data is on the disk, over a file in the same file system.</summary>
    public static void Replace(string temporary, string path)
    {
        File.Move(temporary, path, overwrite: true);
        FlushDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Writes a file by way of a temporary one in the same directory.</summary>
    public static void Write(string path, Action<FileStream> write)
    {
        var temporary = Temporary(path);
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            Replace(temporary, path);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Copies a file.</summary>
    public static void Copy(string source, string path)
    {
        using var from = File.OpenRead(source);
        Write(path, from.CopyTo);
    }

    /// <summary>A name that no other process uses, in the directory of a file.</summary>
    public static string Temporary(string path) => Path.Combine(Path.GetDirectoryName(path)!, $".{Guid.NewGuid():n}.tmp");

    private static void FlushDirectory(string directory)
    {
        // Windows has no such call; NTFS records renames in its journal.
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(directory, ReadOnly);
        if (descriptor >= 0)
        {
            // File systems that cannot flush a directory report an error; the rename itself succeeded.
            _ = Flush(descriptor);
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Flush(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
