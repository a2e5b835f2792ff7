using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AudioCraft.Hosting;

/// <summary>A model with its queue, from the start of the host to its end. Without a host, from the first request to the disposal of the services.</summary>
internal sealed class SoundModelHost : ISoundModel, IHostedLifecycleService, IAsyncDisposable, IDisposable
{
    private readonly Lock gate = new();
    private readonly CancellationTokenSource abort = new();
    private readonly HostingTelemetry telemetry;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private readonly ModelHolder holder;
    private readonly Task worker;
    private Task? stopped;

    public SoundModelHost(string key, SoundModelOptions options, SharedModel shared, HostingTelemetry telemetry, ILogger logger, TimeProvider time)
    {
        (Key, Options, this.telemetry, this.logger, this.time) = (key, options, telemetry, logger, time);
        Record = new ServiceRecord(time);
        Queue = new RequestQueue(options.MaxQueueLength);
        holder = new ModelHolder(options, shared, telemetry, Label, logger, time);
        var runner = options is AudioCraftOptions generation ? new GenerationRunner(generation, shared, Label, Record, telemetry, logger) : null;
        telemetry.Watch(this);

        // The worker is not part of the trace of the caller that happens to create the host.
        using (ExecutionContext.SuppressFlow())
        {
            worker = Task.Run(new ModelWorker(Queue, holder, shared, Record, runner, abort.Token).RunAsync);
        }
    }

    public string Key { get; }

    public SoundModelOptions Options { get; }

    public RequestQueue Queue { get; }

    public ServiceRecord Record { get; }

    /// <summary>The name of the model in metrics and logs.</summary>
    public string Label => Key.Length > 0 ? Key : Options.Model;

    public SoundModelStatus Status =>
        stopped is { IsCompleted: true } ? new(SoundModelState.Stopped) : Queue.IsClosed ? new(SoundModelState.Stopping) : holder.Status;

    public SoundModelInfo? Info => holder.Model?.Info;

    public int QueueLength => Queue.Count;

    public async Task<SoundModelInfo> LoadAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfUnavailable();
        var result = await holder.GetAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        return result.Model?.Info ?? throw holder.Unavailable(result.Error!);
    }

    /// <summary>Starts the trace of a request.</summary>
    public RequestTrace Trace(string operation, string? prompt = null) => new(telemetry, logger, time, operation, Label, prompt);

    /// <summary>Adds a request to the queue, or throws if it is rejected.</summary>
    public void Admit(Job job, CancellationToken cancellationToken)
    {
        int? position;
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            ThrowIfUnavailable();
            position = Queue.TryAdd(job, out var removed);
            removed?.End(QueueFull());
            if (position is null)
            {
                ThrowIfUnavailable();
                throw QueueFull();
            }
        }
        catch (Exception error)
        {
            job.Trace.Ended(error);
            throw;
        }

        job.Trace.Accepted(position.Value);
        job.Moved(position.Value);
        job.LeaveOn(Queue, cancellationToken);
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        switch (Options.Loading)
        {
            case ModelLoading.OnStart:
                _ = holder.GetAsync();
                break;
            case ModelLoading.BeforeStart:
                await LoadAsync(cancellationToken).ConfigureAwait(false);
                break;
        }
    }

    /// <summary>Rejects new requests as soon as the host begins to stop.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (!Queue.IsClosed)
        {
            HostingLog.Stopping(logger, Label, Queue.Count);
            Queue.Close();
        }

        return Task.CompletedTask;
    }

    /// <summary>Finishes the accepted requests. When the shutdown timeout has passed, ends them after the current step.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await StoppingAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await worker.WaitAsync(cancellationToken).ConfigureAwait(false);
            await UnloadAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Abort();
            await worker.ConfigureAwait(false);
            _ = UnloadAsync();
        }
    }

    /// <summary>Ends all requests and waits until the model is unloaded.</summary>
    public async ValueTask DisposeAsync()
    {
        Abort();
        await worker.ConfigureAwait(false);
        await UnloadAsync().ConfigureAwait(false);
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static SoundModelUnavailableException Stopping() => new(SoundModelState.Stopping, "The application is shutting down.");

    private QueueFullException QueueFull() => new(Label, Options.MaxQueueLength, Record.UntilNext());

    private void ThrowIfUnavailable()
    {
        if (Queue.IsClosed)
        {
            throw Stopping();
        }

        if (holder.Refusal() is { } refusal)
        {
            throw refusal;
        }
    }

    private void Abort()
    {
        abort.Cancel();
        var count = Queue.Abort(Stopping);
        if (count > 0)
        {
            HostingLog.Aborted(logger, count, Label);
        }
    }

    private Task UnloadAsync()
    {
        lock (gate)
        {
            return stopped ??= Unload();
        }

        async Task Unload()
        {
            await holder.DisposeAsync().ConfigureAwait(false);
            telemetry.Forget(this);
        }
    }
}
