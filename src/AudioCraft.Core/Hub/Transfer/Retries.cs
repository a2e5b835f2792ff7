namespace AudioCraft.Hub;

/// <summary>Retries with exponential backoff and jitter. Every wait is logged and reported.</summary>
internal sealed class Retries(HubSettings settings)
{
    private const int UnreachableAttempts = 2;

    private int failures;

    /// <summary>Runs an action until it succeeds or fails permanently.</summary>
    /// <exception cref="HubException">The action failed too often, or permanently.</exception>
    public static async Task<T> RunAsync<T>(HubSettings settings, Func<Task<T>> action, CancellationToken cancellationToken)
    {
        var retries = new Retries(settings);
        while (true)
        {
            try
            {
                return await action().ConfigureAwait(false);
            }
            catch (TransientException e)
            {
                await retries.WaitAsync(e, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The last attempt made progress, although it failed.</summary>
    public void Progressed() => failures = 0;

    /// <summary>Waits after a failure, or throws the error if there were too many.</summary>
    public async Task WaitAsync(TransientException failure, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var timings = settings.Timings;
        var attempts = failure.IsUnreachable ? Math.Min(timings.Attempts, UnreachableAttempts) : timings.Attempts;
        if (++failures >= attempts || failure.After > timings.LongestWait)
        {
            throw failure.Lasting;
        }

        var doubled = timings.FirstWait * Math.Pow(2, failures - 1) * (1 + (Random.Shared.NextDouble() / 4));
        var wait = failure.After ?? (doubled < timings.LongestWait ? doubled : timings.LongestWait);
        HubLog.Retrying(settings.Logger, failure.Message, wait.TotalSeconds);
        settings.Retrying?.Invoke(failure.Message, wait);
        await timings.Wait(wait, cancellationToken).ConfigureAwait(false);
    }
}
