namespace AudioCraft.Hosting;

/// <summary>The common part of the services of a model.</summary>
internal abstract class SoundModelService(SoundModelHost host, string client) : ISoundModel
{
    public string Key => host.Key;

    public SoundModelStatus Status => host.Status;

    public SoundModelInfo? Info => host.Info;

    public int QueueLength => host.QueueLength;

    protected SoundModelHost Host => host;

    /// <summary>The client of the requests; "" for none.</summary>
    protected string Client => client;

    public Task<SoundModelInfo> LoadAsync(CancellationToken cancellationToken = default) => host.LoadAsync(cancellationToken);

    /// <summary>Queues work with exclusive access to the model, and waits for its result.</summary>
    protected async Task<T> QueueAsync<T>(string operation, Func<LoadedModel, CancellationToken, T> work, CancellationToken cancellationToken)
    {
        var job = new WorkJob<T>(host.Trace(operation), work) { Client = client };
        host.Admit(job, cancellationToken);
        return await job.Result.ConfigureAwait(false);
    }
}
