using System.Runtime.InteropServices;

namespace AudioCraft.Formats;

/// <summary>Operations on directory entries: flushing them to disk, renaming with a flush, and exchanging two of them.</summary>
internal static class DirectoryEntries
{
    private const int CurrentDirectory = -100, Exchange = 2, ReadOnly = 0;
    private const uint SwapOnMacOS = 2;

    /// <summary>Flushes the entries of a directory to disk, so that a rename in it survives a power failure. Windows does this itself.</summary>
    public static void Flush(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(directory, ReadOnly);
        if (descriptor >= 0)
        {
            // Some file systems cannot flush a directory. The file is complete in any case.
            _ = FSync(descriptor);
            _ = Close(descriptor);
        }
    }

    /// <summary>Renames a temporary file or link, whose data is on the disk, over a file in the same file system, and flushes the directory.</summary>
    public static void Rename(string temporary, string path)
    {
        File.Move(temporary, path, overwrite: true);
        Flush(Path.GetDirectoryName(path)!);
    }

    /// <summary>Exchanges two existing paths in one step. Returns false if the system or the file system cannot do this.</summary>
    public static bool TryExchange(string first, string second)
    {
        try
        {
            return OperatingSystem.IsLinux() ? RenameAt2(CurrentDirectory, first, CurrentDirectory, second, Exchange) == 0
                : OperatingSystem.IsMacOS() && RenameX(first, second, SwapOnMacOS) == 0;
        }
        catch (EntryPointNotFoundException)
        {
            // A C library without this function, such as musl before 1.2.5.
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "open", BestFitMapping = false)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync")]
    private static extern int FSync(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int descriptor);

    [DllImport("libc", EntryPoint = "renameat2", BestFitMapping = false)]
    private static extern int RenameAt2(int oldDirectory, [MarshalAs(UnmanagedType.LPUTF8Str)] string oldPath, int newDirectory, [MarshalAs(UnmanagedType.LPUTF8Str)] string newPath, uint flags);

    [DllImport("libc", EntryPoint = "renamex_np", BestFitMapping = false)]
    private static extern int RenameX([MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to, uint flags);
}
