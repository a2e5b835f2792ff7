namespace AudioCraft.Hub;

/// <summary>Counts the bytes of one call's downloads and reports them, at most ten times a second and at the end of every file.</summary>
/// <param name="progress">The receiver; may be null.</param>
/// <param name="clock">The clock.</param>
internal sealed class DownloadMeter(IProgress<DownloadProgress>? progress, TimeProvider clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100), Window = TimeSpan.FromSeconds(5);

    private readonly Queue<(long Time, long Received)> samples = new();
    private string repository = "", file = "";
    private long total, done, fileSize, fileDone, received, lastReport;

    /// <summary>Sets the repository of the following reports.</summary>
    public void Open(string repositoryName) => (repository, file, fileSize, fileDone) = (repositoryName, "", 0, 0);

    /// <summary>Reports that an attempt failed and that another follows after a wait.</summary>
    public void Retry(string problem, TimeSpan wait) => Report(problem, wait);

    /// <summary>Adds files to download.</summary>
    public void Plan(long bytes) => total += bytes;

    /// <summary>Starts a file, part of which may be downloaded already.</summary>
    public void Begin(string repositoryName, string fileName, long size, long existing)
    {
        (repository, file, fileSize, fileDone) = (repositoryName, fileName, size, existing);
        done += existing;
        samples.Enqueue((clock.GetTimestamp(), received));
        Report();
    }

    /// <summary>Adds received bytes.</summary>
    public void Add(long bytes)
    {
        received += bytes;
        fileDone += bytes;
        done += bytes;
        if (clock.GetElapsedTime(lastReport) >= Interval)
        {
            Report();
        }
    }

    /// <summary>Discards the bytes of the file.</summary>
    public void Restart()
    {
        done -= fileDone;
        fileDone = 0;
    }

    /// <summary>Completes the file, downloaded by this process or another.</summary>
    public void End()
    {
        done += fileSize - fileDone;
        fileDone = fileSize;
        Report();
    }

    private void Report(string? problem = null, TimeSpan? wait = null)
    {
        lastReport = clock.GetTimestamp();
        samples.Enqueue((lastReport, received));
        while (samples.Count > 2 && clock.GetElapsedTime(samples.Peek().Time, lastReport) > Window)
        {
            samples.Dequeue();
        }

        var (time, before) = samples.Peek();
        var seconds = clock.GetElapsedTime(time, lastReport).TotalSeconds;
        progress?.Report(new DownloadProgress(repository, file, fileDone, fileSize, done, Math.Max(total, done), seconds > 0 ? (received - before) / seconds : 0) { Problem = problem, RetryDelay = wait });
    }
}
