namespace AudioCraft.Hub;

/// <summary>
/// A lock between processes: a file opened exclusively. On Unix .NET uses <c>flock</c> for that, as does Python's huggingface_hub;
/// it is released when the process ends. The file itself stays. Some network file systems do not support locks; then <see cref="IsExclusive"/> is false.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private const int WindowsSharing = 32, WindowsLock = 33, LinuxWouldBlock = 11, MacWouldBlock = 35;

    // ENOLCK, ENOSYS, EOPNOTSUPP; ENOTSUP, ENOLCK, ENOSYS.
    private static readonly int[] LinuxUnsupported = [37, 38, 95], MacUnsupported = [45, 77, 78];

    private readonly FileStream? file;

    private FileLock(FileStream? file, bool isExclusive)
    {
        this.file = file;
        IsExclusive = isExclusive;
    }

    /// <summary>Whether no other process can hold the lock; if not, files must have private names.</summary>
    public bool IsExclusive { get; }

    /// <summary>Waits for the lock and takes it.</summary>
    /// <param name="path">The file; its directory is created.</param>
    /// <param name="settings">Whether to use locks, the interval between attempts, and the logger.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <param name="waiting">Called once, if the lock is not free.</param>
    /// <exception cref="HubException">The file cannot be created.</exception>
    public static async Task<FileLock> TakeAsync(string path, HubSettings settings, CancellationToken cancellationToken, Action? waiting = null)
    {
        if (!settings.Locks)
        {
            return new FileLock(null, isExclusive: false);
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            for (var attempt = 0; ; attempt++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (TryOpen(path) is { } file)
                {
                    return Checked(file, settings);
                }

                if (attempt == 0)
                {
                    waiting?.Invoke();
                }

                await Task.Delay(settings.Timings.LockInterval, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (IOException e) when (IsUnsupported(e))
        {
            HubLog.NoLocks(settings.Logger, path);
            return new FileLock(null, isExclusive: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HubException(HubError.Cache, $"The lock '{path}' cannot be taken: {e.Message} Check the directory, or choose another with HF_HOME or PretrainedOptions.CacheDirectory.", e);
        }
    }

    public void Dispose() => file?.Dispose();

    /// <summary>The file, opened exclusively; null if it is open elsewhere.</summary>
    private static FileStream? TryOpen(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
        }
        catch (IOException e) when (IsTaken(e))
        {
            return null;
        }
    }

    /// <summary>.NET ignores a failure of <c>flock</c> other than a conflict. A second attempt shows whether the lock is effective.</summary>
    private static FileLock Checked(FileStream file, HubSettings settings)
    {
        using var second = TryOpen(file.Name);
        if (second is not null)
        {
            HubLog.NoLocks(settings.Logger, file.Name);
        }

        return new FileLock(file, isExclusive: second is null);
    }

    private static bool IsTaken(IOException error) => (error.HResult & 0xffff) is var code
        && (OperatingSystem.IsWindows() ? code is WindowsSharing or WindowsLock : code == (OperatingSystem.IsMacOS() ? MacWouldBlock : LinuxWouldBlock));

    private static bool IsUnsupported(IOException error) =>
        !OperatingSystem.IsWindows() && (OperatingSystem.IsMacOS() ? MacUnsupported : LinuxUnsupported).Contains(error.HResult & 0xffff);
}
