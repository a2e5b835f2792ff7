namespace AudioCraft.Hub;

/// <summary>
/// A lock between processes: a file held open for nobody else. On Unix .NET takes <c>flock</c> for that, which is what Python's huggingface_hub takes too;
/// it ends with the process, however that ends. The file itself stays.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private const int WindowsSharing = 32, WindowsLock = 33, LinuxWouldBlock = 11, MacWouldBlock = 35;

    private readonly FileStream file;

    private FileLock(FileStream file) => this.file = file;

    /// <summary>Waits until the lock is free and takes it.</summary>
    /// <param name="path">The file; its directory is made.</param>
    /// <param name="timings">How often to try.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="waiting">Called once, if the lock is not free.</param>
    /// <exception cref="HubException">The file cannot be made.</exception>
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
