using Microsoft.Extensions.Logging;

namespace AudioCraft.Hosting;

/// <summary>Makes the sounds of requests that are served together.</summary>
internal sealed class GenerationRunner(AudioCraftOptions options, string label, ServiceRecord record, HostingTelemetry telemetry, ILogger logger)
{
    public AudioCraftOptions Options => options;

    /// <summary>How the model is to generate for a request, but for the seed.</summary>
    public GenerationParams Parameters(LoadedGenerator model, GenerationJob job) => job.Request.Parameters(model.Defaults, options.MaxDuration);

    /// <summary>Makes them, and ends each of the requests. It throws nothing.</summary>
    /// <param name="model">The model.</param>
    /// <param name="requests">Requests that differ in description and seed alone.</param>
    /// <param name="parameters">How to generate.</param>
    public async Task RunAsync(LoadedGenerator model, IReadOnlyList<GenerationJob> requests, GenerationParams parameters)
    {
        GenerationJob[] jobs = [.. requests.Where(job => !job.HasEnded)];
        if (jobs.Length == 0)
        {
            return;
        }

        using var stop = new CancellationTokenSource();
        var error = await TryMakeAsync(model, jobs, parameters, stop).ConfigureAwait(false);
        if (error is not null && jobs.Length > 1 && !jobs.Any(job => job.HasSound))
        {
            // One of them may be the cause, or all together too much for the memory: none should pay for the others.
            HostingLog.BatchFailed(logger, jobs.Length, label, error);
            foreach (var job in jobs)
            {
                await RunAsync(model, [job], parameters).ConfigureAwait(false);
            }

            return;
        }

        Array.ForEach(jobs, job => job.End(error));
    }

    /// <returns>What it failed with; null where it did not, or where nobody wanted the sounds any more.</returns>
    private async Task<Exception?> TryMakeAsync(LoadedGenerator model, GenerationJob[] jobs, GenerationParams parameters, CancellationTokenSource stop)
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
            // All requests have ended.
        }
        catch (Exception error)
        {
            failure = error;
        }

        var (steps, took) = record.End(stop.IsCancellationRequested ? new OperationCanceledException() : failure);
        telemetry.Made(label, jobs.Length, steps, took);
        return failure;
    }

    private async Task StreamAsync(LoadedGenerator model, GenerationBatch batch, GenerationJob[] jobs, RunProgress progress, CancellationToken stop)
    {
        await foreach (var chunk in model.Stream(batch, options.ChunkSeconds, progress, stop).ConfigureAwait(false))
        {
            using (chunk)
            {
                await jobs[chunk.Item].HandAsync(chunk.Audio, model.Info, chunk.StartSample).ConfigureAwait(false);
            }
        }
    }

    private static async Task GenerateAsync(LoadedGenerator model, GenerationBatch batch, GenerationJob[] jobs, RunProgress progress, CancellationToken stop)
    {
        using var sounds = await OwnThread.Run(() => model.Generate(batch, progress, stop)).ConfigureAwait(false);
        for (var i = 0; i < jobs.Length; i++)
        {
            using var sound = sounds[i];
            await jobs[i].HandAsync(sound, model.Info, startFrame: 0).ConfigureAwait(false);
        }
    }
}
