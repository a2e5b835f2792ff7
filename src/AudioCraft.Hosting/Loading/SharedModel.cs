using System.Diagnostics.CodeAnalysis;

namespace AudioCraft.Hosting;

/// <summary>
/// A model that one or more hosts use. It is loaded when the first of them acquires it and disposed of when the last one releases it; after a failure, the next call loads it again.
/// </summary>
/// <param name="options">How it is loaded.</param>
/// <param name="loader">Loads it.</param>
[SuppressMessage("Reliability", "CA1001", Justification = "The semaphore and the token sources have no wait handle, no timer and no link, so they hold no resources.")]
internal sealed class SharedModel(SoundModelOptions options, IModelLoader loader)
{
    private readonly Lock gate = new();
    private readonly SemaphoreSlim access = new(1, 1);
    private Load? current;

    /// <summary>Waits, in order of the calls, until no other host runs the model. <see cref="EndAccess"/> must follow.</summary>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    public Task BeginAccessAsync(CancellationToken cancellationToken = default) => access.WaitAsync(cancellationToken);

    /// <summary>Lets the next host run the model.</summary>
    public void EndAccess() => access.Release();

    /// <summary>Loads the model, or waits for it if it is loaded or being loaded for another host. <see cref="ReleaseAsync"/> must follow unless this fails.</summary>
    /// <param name="progress">Receives the progress of a download.</param>
    /// <param name="cancellationToken">Ends the wait. The load is canceled if no other host waits for it.</param>
    /// <returns>The model, and whether this call has loaded it.</returns>
    public async Task<(LoadedModel Model, bool IsLoader)> AcquireAsync(IProgress<DownloadProgress> progress, CancellationToken cancellationToken)
    {
        Load load;
        bool isLoader;
        lock (gate)
        {
            isLoader = current is null;
            load = current ??= Begin();
            load.Add(progress);
        }

        try
        {
            return (await load.Result.WaitAsync(cancellationToken).ConfigureAwait(false), isLoader);
        }
        catch
        {
            await LeaveAsync(load).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Ends the use of the model by one host. The last one disposes of the model.</summary>
    /// <returns>Whether the model was disposed of.</returns>
    public Task<bool> ReleaseAsync()
    {
        lock (gate)
        {
            return LeaveAsync(current ?? throw new InvalidOperationException("The model is not in use."));
        }
    }

    private async Task<bool> LeaveAsync(Load load)
    {
        lock (gate)
        {
            if (!load.Remove())
            {
                return false;
            }

            Forget(load);
        }

        await load.Stop.CancelAsync().ConfigureAwait(false);
        await ((Task)load.Result).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!load.Result.IsCompletedSuccessfully)
        {
            return false;
        }

        (await load.Result.ConfigureAwait(false)).Dispose();
        return true;
    }

    private Load Begin()
    {
        var load = new Load();
        load.Result = Task.Run(async () =>
        {
            try
            {
                return await loader.LoadAsync(options, load, load.Stop.Token).ConfigureAwait(false);
            }
            catch
            {
                lock (gate)
                {
                    Forget(load);
                }

                throw;
            }
        });
        return load;
    }

    private void Forget(Load load)
    {
        if (current == load)
        {
            current = null;
        }
    }

    /// <summary>A load and its result, with the number of hosts that use it.</summary>
    [SuppressMessage("Reliability", "CA1001", Justification = "The token source has no timer and no link, so it holds no resources.")]
    private sealed class Load : IProgress<DownloadProgress>
    {
        private volatile IProgress<DownloadProgress>[] receivers = [];
        private int users;

        public CancellationTokenSource Stop { get; } = new();

        public Task<LoadedModel> Result { get; set; } = null!;

        public void Add(IProgress<DownloadProgress> progress)
        {
            receivers = [.. receivers, progress];
            users++;
        }

        /// <returns>Whether this was the last user.</returns>
        public bool Remove() => --users == 0;

        public void Report(DownloadProgress value) => Array.ForEach(receivers, receiver => receiver.Report(value));
    }
}
