namespace AudioCraft.Hosting.Tests;

/// <summary>Returns a fake model when the test allows it, or fails.</summary>
internal sealed class FakeLoader(LoadedModel model) : IModelLoader
{
    private int loads;

    public int Loads => Volatile.Read(ref loads);

    /// <summary>Loading waits for this task.</summary>
    public Task Ready { get; set; } = Task.CompletedTask;

    /// <summary>The exception of loading, or null.</summary>
    public Exception? Failure { get; set; }

    public async Task<LoadedModel> LoadAsync(SoundModelOptions options, IProgress<DownloadProgress> progress, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref loads);
        progress.Report(new DownloadProgress("repo", "file", 1, 4, 1, 4, 0));
        await Ready.WaitAsync(cancellationToken);
        return Failure is null ? model : throw Failure;
    }
}
