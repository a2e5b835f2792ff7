namespace AudioCraft.Hub;

/// <summary>
/// A lock between processes: a file opened exclusively. On Unix .NET uses <c>flock</c> for that, as does Python's huggingface_hub;
/// it is released when the process ends. The file itself stays.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private const int WindowsSharing = 32, WindowsLock = 33, LinuxWouldBlock = 11, MacWouldBlock = 35;

    private readonly FileStream file;

    private FileLock(FileStream file) => this.file = file;

    /// <summary>Waits for the lock and takes it.</summary>
    /// <param name="path">The file; its directory is created.</param>
    /// <param name="timings">The interval between attempts.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <param name="waiting">Called once, if the lock is not free.</param>
    /// <exception cref="HubException">The file cannot be created.</exception>
    public static async Task<FileLock> TakeAsync(string path, HubTimings timings, CancellationToken cancellationToken, Action? waiting = null)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            for (var attempt = 0; ; attempt++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                try
                {
                    return new FileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1));
                }
                catch (IOException e) when (IsTaken(e))
                {
                    if (attempt == 0)
                    {
                        waiting?.Invoke();
                    }
                }

                await Task.Delay(timings.LockInterval, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HubException(HubError.Cache, $"The lock '{path}' cannot be taken: {e.Message} Check the directory, or choose another with HF_HOME or PretrainedOptions.CacheDirectory.", e);
        }
    }

    public void Dispose() => file.Dispose();

    private static bool IsTaken(IOException error) => (error.HResult & 0xffff) is var code
        && (OperatingSystem.IsWindows() ? code is WindowsSharing or WindowsLock : code == (OperatingSystem.IsMacOS() ? MacWouldBlock : LinuxWouldBlock));
}
