using Microsoft.Extensions.Logging;

namespace AudioCraft.Hosting;

/// <summary>Generates batches of requests.</summary>
internal sealed class GenerationRunner(AudioCraftOptions options, SharedModel shared, string label, ServiceRecord record, HostingTelemetry telemetry, ILogger logger)
{
    public AudioCraftOptions Options => options;

    /// <summary>The parameters of a request, without the seed.</summary>
    public GenerationParams Parameters(LoadedGenerator model, GenerationJob job) => job.Request.Parameters(model.Defaults, options.MaxDuration);

    /// <summary>Generates a batch and ends each of its requests. It does not throw.</summary>
    /// <param name="model">The model.</param>
    /// <param name="requests">Requests that differ only in description and seed.</param>
    /// <param name="parameters">The parameters of the batch, without seeds.</param>
    public async Task RunAsync(LoadedGenerator model, IReadOnlyList<GenerationJob> requests, GenerationParams parameters)
    {
        GenerationJob[] jobs = [.. requests.Where(job => !job.HasEnded)];
        if (jobs.Length == 0)
        {
            return;
        }

        using var stop = new CancellationTokenSource();
        var error = await TryGenerateAsync(model, jobs, parameters, stop).ConfigureAwait(false);
        if (error is not null && jobs.Length > 1 && !jobs.Any(job => job.HasAudio))
        {
            // One request may be the cause, or the batch may be too large for the memory: each is tried alone.
            HostingLog.BatchFailed(logger, jobs.Length, label, error);
            foreach (var job in jobs)
            {
                await RunAsync(model, [job], parameters).ConfigureAwait(false);
            }

            return;
        }

        Array.ForEach(jobs, job => job.End(error));
    }

    /// <returns>The error; null on success or if all requests have been canceled.</returns>
    private async Task<Exception?> TryGenerateAsync(LoadedGenerator model, GenerationJob[] jobs, GenerationParams parameters, CancellationTokenSource stop)
    {
        Exception? failure = null;
        record.Begin();
        try
        {
            var batch = new GenerationBatch(
                [.. jobs.Select(job => job.Request.Description)],
                parameters with { ItemSeeds = [.. jobs.Select(job => job.Seed)] },
                jobs[0].Request.Continue);
            var progress = new RunProgress(jobs, record, stop);
            await (jobs.Any(job => job.IsStream) ? StreamAsync(model, batch, jobs, progress, stop.Token) : GenerateAsync(model, batch, jobs, progress, stop.Token))
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // All requests have been canceled.
        }
        catch (Exception error)
        {
            failure = error;
        }

        var (steps, took) = record.End(stop.IsCancellationRequested ? new OperationCanceledException() : failure);
        telemetry.BatchEnded(label, jobs.Length, steps, took);
        return failure;
    }

    private async Task StreamAsync(LoadedGenerator model, GenerationBatch batch, GenerationJob[] jobs, RunProgress progress, CancellationToken stop)
    {
        await foreach (var chunk in model.Stream(batch, options.ChunkSeconds, progress, stop).ConfigureAwait(false))
        {
            using (chunk)
            {
                var delivery = jobs[chunk.Item].DeliverAsync(chunk.Audio, model.Info, chunk.StartSample);
                await (delivery.IsCompletedSuccessfully ? Task.CompletedTask : WaitForListenerAsync(delivery.AsTask())).ConfigureAwait(false);
            }
        }
    }

    // The listener may itself wait for the codec of this model, so the model is free meanwhile.
    private async Task WaitForListenerAsync(Task delivery)
    {
        shared.EndAccess();
        try
        {
            await delivery.ConfigureAwait(false);
        }
        finally
        {
            await shared.BeginAccessAsync().ConfigureAwait(false);
        }
    }

    private static async Task GenerateAsync(LoadedGenerator model, GenerationBatch batch, GenerationJob[] jobs, RunProgress progress, CancellationToken stop)
    {
        using var audio = await model.GenerateAsync(batch, progress, stop).ConfigureAwait(false);
        for (var i = 0; i < jobs.Length; i++)
        {
            using var item = audio[i];
            await jobs[i].DeliverAsync(item, model.Info, startFrame: 0).ConfigureAwait(false);
        }
    }
}

/// <summary>Reports each step to all requests of a batch, and cancels the batch when all of them have ended.</summary>
internal sealed class RunProgress(IReadOnlyList<GenerationJob> jobs, ServiceRecord record, CancellationTokenSource stop) : IProgress<GenerationProgress>
{
    public void Report(GenerationProgress value)
    {
        record.Step(value);
        var isWanted = false;
        foreach (var job in jobs)
        {
            job.Stepped(value);
            isWanted |= !job.HasEnded;
        }

        if (!isWanted)
        {
            stop.Cancel();
        }
    }
}
