using System.Diagnostics.CodeAnalysis;

namespace AudioCraft.Hosting;

/// <summary>Something that is done with the model alone.</summary>
internal abstract class WorkJob(RequestTrace trace) : Job(trace)
{
    /// <summary>Does it on the calling thread, and ends the job. A failure is the job's.</summary>
    /// <returns>What it failed with, or null.</returns>
    public abstract Exception? Execute(LoadedModel model);
}

/// <inheritdoc/>
[SuppressMessage("Reliability", "CA1001", Justification = "Its source of cancellation has no timer and no link: there is nothing to free, and it may be cancelled at any time.")]
internal sealed class WorkJob<T>(RequestTrace trace, Func<LoadedModel, CancellationToken, T> work) : WorkJob(trace)
{
    private readonly TaskCompletionSource<T> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource stop = new();
    private volatile Exception? interruption;
    private T? result;

    public Task<T> Result => completion.Task;

    /// <summary>The work is told, and waited for: nothing that it makes may be lost, as it may be the caller's to dispose of.</summary>
    public override void Interrupt(Exception why)
    {
        interruption = why;
        stop.Cancel();
    }

    public override Exception? Execute(LoadedModel model)
    {
        try
        {
            stop.Token.ThrowIfCancellationRequested();
            result = work(model, stop.Token);
            End();
            return null;
        }
        catch (Exception error)
        {
            var why = error is OperationCanceledException && interruption is { } asked ? asked : error;
            End(why);
            return why;
        }
    }

    protected override void Settle(Exception? error)
    {
        if (error is null)
        {
            completion.SetResult(result!);
        }
        else
        {
            Completion.Fail(completion, error);
        }
    }
}
