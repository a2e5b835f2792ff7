namespace AudioCraft.Hosting;

/// <inheritdoc cref="ISoundGenerator"/>
internal sealed class SoundGenerator(SoundModelHost host, AudioCraftOptions options, TimeProvider time, string client = "") : SoundModelService(host, client), ISoundGenerator
{
    public async Task<Sound> GenerateAsync(SoundRequest request, IProgress<SoundProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        SoundRequest.Check(request, options);
        var job = new WholeSoundJob(Host.Trace(request.Continue is null ? "generate" : "continue", Prompt(request)), request, progress) { Client = Client };
        Host.Admit(job, cancellationToken);
        return await job.Result.ConfigureAwait(false);
    }

    public LiveSound Stream(SoundRequest request, IProgress<SoundProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        SoundRequest.Check(request, options);
        if (request.Continue is not null)
        {
            throw new ArgumentException("A continuation cannot be streamed: use GenerateAsync.", nameof(request));
        }

        var job = new StreamedSoundJob(Host.Trace("stream", Prompt(request)), request, progress, options, time) { Client = Client };
        Host.Admit(job, cancellationToken);
        return new LiveSound(job, Host.Queue, cancellationToken);
    }

    public Task<T> RunAsync<T>(Func<BaseGenModel, CancellationToken, T> work, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        return QueueAsync("run", (model, stop) => work(((LoadedGenerator)model).Model, stop), cancellationToken);
    }

    public ISoundGenerator ForClient(string client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return new SoundGenerator(Host, options, time, client);
    }

    private string? Prompt(SoundRequest request) => options.RecordPrompts ? request.Description : null;
}
