namespace AudioCraft.Hub;

/// <summary>Checks free disk space.</summary>
/// <param name="free">Returns the free bytes of a directory's disk, or null if unknown; null to ask the system.</param>
internal sealed class DiskSpace(Func<string, long?>? free = null)
{
    /// <summary>Bytes that must stay free.</summary>
    private const long Reserve = 64 << 20;

    private const int NoSpace = 28, QuotaExceeded = 122, WindowsDiskFull = 112, WindowsHandleDiskFull = 39;

    /// <summary>Checks that a download fits.</summary>
    /// <param name="directory">An existing directory.</param>
    /// <param name="needed">Bytes to write.</param>
    /// <exception cref="HubException">There is not enough space.</exception>
    public void Check(string directory, long needed)
    {
        if (needed > 0 && (free ?? Free)(directory) is { } available && available - Reserve < needed)
        {
            throw new HubException(
                HubError.DiskFull,
                $"The download to '{directory}' needs {Megabytes(needed)}, but the disk has {Megabytes(available)} left. Free space, or choose another directory with HF_HOME or PretrainedOptions.CacheDirectory.");
        }
    }

    /// <summary>The error for a failed write.</summary>
    public static HubException Explain(IOException error, string path)
    {
        var code = error.HResult & 0xffff;
        var full = OperatingSystem.IsWindows() ? code is WindowsDiskFull or WindowsHandleDiskFull : code is NoSpace or QuotaExceeded;
        return full
            ? new HubException(HubError.DiskFull, $"The disk is full: '{path}' cannot be written. Free space and try again; the download resumes.", error)
            : new HubException(HubError.Cache, $"'{path}' cannot be written: {error.Message} Check the directory, or choose another with HF_HOME or PretrainedOptions.CacheDirectory.", error);
    }

    private static string Megabytes(long bytes) => FormattableString.Invariant($"{bytes / 1e6:N1} MB");

    private static long? Free(string directory)
    {
        try
        {
            return new DriveInfo(directory).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A network share without a drive letter: unknown.
            return null;
        }
    }
}
