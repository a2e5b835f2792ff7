namespace AudioCraft.Hub;

/// <summary>Whether what is to be written fits.</summary>
/// <param name="free">Gives the free bytes of the disk that holds a directory, or null where that is not known; null for the system's own answer.</param>
internal sealed class DiskSpace(Func<string, long?>? free = null)
{
    /// <summary>Room that is left to others.</summary>
    private const long Reserve = 64 << 20;

    private const int NoSpace = 28, QuotaExceeded = 122, WindowsDiskFull = 112, WindowsHandleDiskFull = 39;

    /// <summary>Refuses to begin what cannot end.</summary>
    /// <param name="directory">It is there.</param>
    /// <param name="needed">Bytes to be written.</param>
    /// <exception cref="HubException">They do not fit.</exception>
    public void Check(string directory, long needed)
    {
        if (needed > 0 && (free ?? Free)(directory) is { } available && available - Reserve < needed)
        {
            throw new HubException(
                HubError.DiskFull,
                $"{Megabytes(needed)} are to be downloaded to '{directory}', whose disk has {Megabytes(available)} left. Make room, or choose another place with HF_HOME or PretrainedOptions.CacheDirectory.");
        }
    }

    /// <summary>What a failure to write means.</summary>
    public static HubException Explain(IOException error, string path)
    {
        var code = error.HResult & 0xffff;
        var full = OperatingSystem.IsWindows() ? code is WindowsDiskFull or WindowsHandleDiskFull : code is NoSpace or QuotaExceeded;
        return full
            ? new HubException(HubError.DiskFull, $"The disk is full: '{path}' cannot be written. Make room, and call again: what has arrived is kept.", error)
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
            // A network share without a drive: writing will tell.
            return null;
        }
    }
}
