namespace AudioCraft.Hosting;

/// <summary>Serves the requests of a queue in order.</summary>
internal sealed class ModelWorker(RequestQueue queue, ModelHolder holder, SharedModel shared, ServiceRecord record, GenerationRunner? runner, CancellationToken abort)
{
    /// <summary>Serves until the queue is closed and empty, or is aborted.</summary>
    public async Task RunAsync()
    {
        while (await queue.WaitAsync().ConfigureAwait(false))
        {
            while (queue.Count > 0 && !abort.IsCancellationRequested)
            {
                try
                {
                    await ServeNextAsync().ConfigureAwait(false);
                }
                catch (Exception error)
                {
                    // Errors of the model are handled by the jobs. This is any other error: the callers must not wait forever.
                    queue.EndServed(error);
                }
                finally
                {
                    queue.Served();
                }
            }
        }
    }

    private async Task ServeNextAsync()
    {
        LoadResult loaded;
        try
        {
            loaded = await holder.GetAsync().WaitAsync(abort).ConfigureAwait(false);
            if (loaded.Model is not null)
            {
                await shared.BeginAccessAsync(abort).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            // The waiting requests have been ended by the abort.
            return;
        }

        if (loaded.Error is { } error)
        {
            Array.ForEach(queue.TakeAll(), job => job.End(holder.Unavailable(error)));
            return;
        }

        try
        {
            await ServeNextAsync(loaded.Model!).ConfigureAwait(false);
        }
        finally
        {
            shared.EndAccess();
        }
    }

    private async Task ServeNextAsync(LoadedModel model)
    {
        switch (queue.Take())
        {
            case WorkJob work:
                work.Trace.Started(together: 1);
                queue.ReportPositions();
                record.Begin();
                record.End(await ExecuteAsync(work, model).ConfigureAwait(false));
                break;
            case GenerationJob first:
                await GenerateAsync((LoadedGenerator)model, first, runner!).ConfigureAwait(false);
                break;
        }
    }

    // The work may take minutes and block: it gets a thread of its own instead of one of the pool.
    private static Task<Exception?> ExecuteAsync(WorkJob work, LoadedModel model) => Task.Factory.StartNew(
        () => work.Execute(model), CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    private async Task GenerateAsync(LoadedGenerator model, GenerationJob first, GenerationRunner runner)
    {
        var parameters = runner.Parameters(model, first);
        List<GenerationJob> jobs = [first, .. Batchable(model, first, parameters, runner)];
        jobs.ForEach(job => job.Trace.Started(jobs.Count));
        queue.ReportPositions();
        await runner.RunAsync(model, jobs, parameters).ConfigureAwait(false);
    }

    /// <summary>Takes the next requests that can be generated together with the first.</summary>
    private IEnumerable<GenerationJob> Batchable(LoadedGenerator model, GenerationJob first, GenerationParams parameters, GenerationRunner runner)
    {
        if (first.Request.Continue is not null || queue.Count == 0)
        {
            return [];
        }

        var most = model.ItemsTogether(parameters, runner.Options.MaxBatchSize);
        return queue.TakeWhile(most - 1, job => job is GenerationJob { Request.Continue: null } next && runner.Parameters(model, next) == parameters)
            .Cast<GenerationJob>();
    }
}
