namespace AudioCraft.Hosting.Tests;

/// <summary>Gives a stand-in, when the test says so, or fails.</summary>
internal sealed class StandInLoader(LoadedModel model) : IModelLoader
{
    private int loads;

    public int Loads => Volatile.Read(ref loads);

    /// <summary>What loading waits for.</summary>
    public Task Ready { get; set; } = Task.CompletedTask;

    /// <summary>What loading fails with.</summary>
    public Exception? Failure { get; set; }

    public async Task<LoadedModel> LoadAsync(SoundModelOptions options, IProgress<DownloadProgress> progress, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref loads);
        progress.Report(new DownloadProgress("repo", "file", 1, 4, 1, 4, 0));
        await Ready.WaitAsync(cancellationToken);
        return Failure is null ? model : throw Failure;
    }
}
