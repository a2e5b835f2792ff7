namespace AudioCraft.Hosting;

/// <summary>Serves the requests of a queue, in its order.</summary>
internal sealed class ModelWorker(RequestQueue queue, ModelHolder holder, ServiceRecord record, GenerationRunner? runner, CancellationToken abort)
{
    /// <summary>Serves until the queue is closed and empty, or all is aborted.</summary>
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
                    // Not the model's failure, which is its requests': but whatever it is, nobody may wait forever.
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
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            // Whoever waited for the model has been told.
            return;
        }

        if (loaded.Error is { } error)
        {
            Array.ForEach(queue.TakeAll(), job => job.End(holder.Unavailable(error)));
            return;
        }

        switch (queue.Take())
        {
            case WorkJob work:
                work.Trace.Started(together: 1);
                queue.TellPositions();
                record.Begin();
                record.End(await OwnThread.Run(() => work.Execute(loaded.Model!)).ConfigureAwait(false));
                break;
            case GenerationJob first:
                await GenerateAsync((LoadedGenerator)loaded.Model!, first, runner!).ConfigureAwait(false);
                break;
        }
    }

    private async Task GenerateAsync(LoadedGenerator model, GenerationJob first, GenerationRunner runner)
    {
        var parameters = runner.Parameters(model, first);
        List<GenerationJob> jobs = [first, .. Neighbours(model, first, parameters, runner)];
        jobs.ForEach(job => job.Trace.Started(jobs.Count));
        queue.TellPositions();
        await runner.RunAsync(model, jobs, parameters).ConfigureAwait(false);
    }

    private IEnumerable<GenerationJob> Neighbours(LoadedGenerator model, GenerationJob first, GenerationParams parameters, GenerationRunner runner)
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
