using Microsoft.Extensions.Logging;

namespace AudioCraft.Hosting;

/// <summary>Loads a model once, on the first call, and releases it.</summary>
internal sealed class ModelHolder(SoundModelOptions options, SharedModel shared, HostingTelemetry telemetry, string label, ILogger logger, TimeProvider time) : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly CancellationTokenSource stop = new();
    private Task<LoadResult>? loading;
    private Task? disposing;
    private volatile DownloadProgress? download;
    private long failedAt;

    /// <summary>The model, or null if it is not loaded.</summary>
    public LoadedModel? Model => Result?.Model;

    /// <summary>Whether the model is loaded, being loaded, or failed to load.</summary>
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

    /// <summary>Starts loading unless it has started. The result stays until loading is retried.</summary>
    public Task<LoadResult> GetAsync()
    {
        lock (gate)
        {
            return loading ?? Begin();
        }
    }

    /// <summary>The exception for new requests if loading has failed; otherwise null.</summary>
    public SoundModelUnavailableException? Refusal()
    {
        lock (gate)
        {
            return Result?.Error is { } error ? Unavailable(error) : null;
        }
    }

    /// <summary>The exception for requests to a model that could not be loaded.</summary>
    public SoundModelUnavailableException Unavailable(Exception error)
    {
        var left = options.RetryLoadAfter - time.GetElapsedTime(failedAt);
        var retryAfter = TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling(left.TotalSeconds)));
        return new SoundModelUnavailableException(SoundModelState.Failed, $"'{options.Model}' could not be loaded: {error.Message}", retryAfter, error);
    }

    /// <summary>Cancels a download, waits until loading has ended, and releases the model.</summary>
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
            var (model, isLoader) = await shared.AcquireAsync(new Downloads(this), stop.Token).ConfigureAwait(false);
            if (isLoader)
            {
                var took = time.GetElapsedTime(start);
                telemetry.Loaded(label, took);
                HostingLog.Loaded(logger, options.Model, model.Info.Device, took.TotalSeconds);
            }

            return new LoadResult(options is AudioCraftCodecOptions && model is LoadedGenerator generator ? new GeneratorCodec(generator, options.Model) : model, null);
        }
        catch (Exception error)
        {
            // Reported by Status and Refusal.
            failedAt = time.GetTimestamp();
            if (!stop.IsCancellationRequested)
            {
                HostingLog.LoadFailed(logger, options.Model, error);
                _ = RetryAsync();
            }

            return new LoadResult(null, error);
        }
    }

    // Not left to the next request: a load balancer sends none while the health check fails.
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

        if (last is not null && (await last.ConfigureAwait(false)).Model is not null && await shared.ReleaseAsync().ConfigureAwait(false))
        {
            HostingLog.Unloaded(logger, options.Model);
        }

        stop.Dispose();
    }

    private sealed class Downloads(ModelHolder holder) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => holder.download = value;
    }
}

/// <summary>The result of loading: the model or the error.</summary>
internal sealed record LoadResult(LoadedModel? Model, Exception? Error);
