namespace AudioCraft.Hosting;

/// <summary>What a service of a model has of the model itself.</summary>
internal abstract class SoundModelFacade(SoundModelHost host) : ISoundModel
{
    public string Key => host.Key;

    public SoundModelStatus Status => host.Status;

    public SoundModelInfo? Info => host.Info;

    public int QueueLength => host.QueueLength;

    protected SoundModelHost Host => host;

    public Task<SoundModelInfo> LoadAsync(CancellationToken cancellationToken = default) => host.LoadAsync(cancellationToken);

    /// <summary>Waits for its turn, and does it with the model alone.</summary>
    protected async Task<T> DoAsync<T>(string operation, Func<LoadedModel, CancellationToken, T> work, CancellationToken cancellationToken)
    {
        var job = new WorkJob<T>(host.Trace(operation), work);
        host.Admit(job, cancellationToken);
        return await job.Result.ConfigureAwait(false);
    }
}
