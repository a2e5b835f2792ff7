using Microsoft.Extensions.Logging;

namespace AudioCraft.Hosting;

/// <summary>Loads a model when it is first needed, once for all who need it, and disposes of it.</summary>
internal sealed class ModelHolder(SoundModelOptions options, IModelLoader loader, HostingTelemetry telemetry, string label, ILogger logger, TimeProvider time) : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly CancellationTokenSource stop = new();
    private Task<LoadResult>? loading;
    private Task? disposing;
    private volatile DownloadProgress? download;
    private long failedAt;

    /// <summary>What was loaded, or null.</summary>
    public LoadedModel? Model => Result?.Model;

    /// <summary>Whether it is loaded, being loaded, or could not be.</summary>
    public SoundModelStatus Status
    {
        get
        {
            lock (gate)
            {
                return (loading, Result) switch
                {
                    (null, _) => new(SoundModelState.NotLoaded),
                    (_, null) => new(SoundModelState.Loading, null, download),
                    (_, { Error: { } error }) => new(SoundModelState.Failed, error.Message),
                    _ => new(SoundModelState.Ready),
                };
            }
        }
    }

    private LoadResult? Result => loading is { IsCompletedSuccessfully: true } task ? task.Result : null;

    /// <summary>Begins to load, or waits with those who already do. What came of it stays until it is tried again.</summary>
    public Task<LoadResult> GetAsync()
    {
        lock (gate)
        {
            return loading ?? Begin();
        }
    }

    /// <summary>Why the model cannot be had at the moment; null where it can, or may yet be.</summary>
    public SoundModelUnavailableException? Refusal()
    {
        lock (gate)
        {
            return Result?.Error is { } error ? Unavailable(error) : null;
        }
    }

    /// <summary>What those get who ask for a model that could not be loaded.</summary>
    public SoundModelUnavailableException Unavailable(Exception error)
    {
        var left = options.RetryLoadAfter - time.GetElapsedTime(failedAt);
        var retryAfter = TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling(left.TotalSeconds)));
        return new SoundModelUnavailableException(SoundModelState.Failed, $"'{options.Model}' could not be loaded: {error.Message}", retryAfter, error);
    }

    /// <summary>Ends a download, waits for a model that is being put together, and disposes of it.</summary>
    public ValueTask DisposeAsync()
    {
        lock (gate)
        {
            return new ValueTask(disposing ??= Task.Run(UnloadAsync));
        }
    }

    private Task<LoadResult> Begin()
    {
        download = null;
        using (ExecutionContext.SuppressFlow())
        {
            return loading = Task.Run(LoadAsync);
        }
    }

    private async Task<LoadResult> LoadAsync()
    {
        var start = time.GetTimestamp();
        try
        {
            HostingLog.Loading(logger, options.Model);
            stop.Token.ThrowIfCancellationRequested();
            var model = await loader.LoadAsync(options, new Downloads(this), stop.Token).ConfigureAwait(false);
            var took = time.GetElapsedTime(start);
            telemetry.Loaded(label, took);
            HostingLog.Loaded(logger, options.Model, model.Info.Device, took.TotalSeconds);
            return new LoadResult(model, null);
        }
        catch (Exception error)
        {
            // It is told to everybody who asks for the model, by Status and by Refusal.
            failedAt = time.GetTimestamp();
            if (!stop.IsCancellationRequested)
            {
                HostingLog.LoadFailed(logger, options.Model, error);
                _ = RetryAsync();
            }

            return new LoadResult(null, error);
        }
    }

    // Where health checks keep requests away from a model that is not there, none would come to have it tried again.
    private async Task RetryAsync()
    {
        await Task.Delay(options.RetryLoadAfter, time, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (gate)
        {
            if (!stop.IsCancellationRequested)
            {
                Begin();
            }
        }
    }

    private async Task UnloadAsync()
    {
        await stop.CancelAsync().ConfigureAwait(false);
        Task<LoadResult>? last;
        lock (gate)
        {
            last = loading;
        }

        if (last is not null && (await last.ConfigureAwait(false)).Model is { } model)
        {
            model.Dispose();
            HostingLog.Unloaded(logger, options.Model);
        }

        stop.Dispose();
    }

    private sealed class Downloads(ModelHolder holder) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => holder.download = value;
    }
}
