using System.Diagnostics.CodeAnalysis;

namespace AudioCraft.Hosting;

/// <summary>A request, which waits, is served, and ends exactly once.</summary>
internal abstract class Job(RequestTrace trace)
{
    private int ended;
    private CancellationTokenRegistration leaving;

    public RequestTrace Trace { get; } = trace;

    /// <summary>The client of the request, who takes turns with the others; "" for requests without a client.</summary>
    public string Client { get; init; } = "";

    public bool HasEnded => Volatile.Read(ref ended) != 0;

    /// <summary>Ends the job when the caller cancels. Called once the job is in the queue.</summary>
    public void LeaveOn(RequestQueue queue, CancellationToken caller)
    {
        leaving = caller.UnsafeRegister(_ => Leave(queue, new OperationCanceledException(caller)), null);

        // The job may have ended meanwhile on another thread: with the barrier, one of the two threads unregisters.
        Interlocked.MemoryBarrier();
        if (HasEnded)
        {
            leaving.Unregister();
        }
    }

    /// <summary>Removes the job from the queue, or interrupts it if it is being served.</summary>
    public void Leave(RequestQueue queue, Exception why)
    {
        if (queue.Remove(this))
        {
            End(why);
        }
        else
        {
            Interrupt(why);
        }
    }

    /// <summary>Ends the job, with an error or without, unless it has ended before.</summary>
    public void End(Exception? error = null)
    {
        if (Interlocked.Exchange(ref ended, 1) != 0)
        {
            return;
        }

        leaving.Unregister();
        try
        {
            Trace.Ended(error);
        }
        finally
        {
            Settle(error);
        }
    }

    /// <summary>The job moved to this position in the queue, 1 for the next.</summary>
    public virtual void Moved(int position) { }

    /// <summary>Ends the job early, while it is being served.</summary>
    public virtual void Interrupt(Exception why) => End(why);

    /// <summary>Completes the caller's task or stream.</summary>
    protected abstract void Settle(Exception? error);
}

/// <summary>Ends tasks with an exception.</summary>
internal static class Completion
{
    /// <summary>Cancels the task for an <see cref="OperationCanceledException"/>, otherwise faults it.</summary>
    public static void Fail<T>(TaskCompletionSource<T> completion, Exception error)
    {
        if (error is OperationCanceledException canceled)
        {
            completion.SetCanceled(canceled.CancellationToken);
        }
        else
        {
            completion.SetException(error);
        }
    }
}

/// <summary>Work with exclusive access to the model.</summary>
internal abstract class WorkJob(RequestTrace trace) : Job(trace)
{
    /// <summary>Runs the work on the calling thread and ends the job. Exceptions of the work end the job.</summary>
    /// <returns>The exception, or null.</returns>
    public abstract Exception? Execute(LoadedModel model);
}

/// <inheritdoc/>
[SuppressMessage("Reliability", "CA1001", Justification = "The CancellationTokenSource has no timer and no link, so it holds no resources, and it can be canceled at any time.")]
internal sealed class WorkJob<T>(RequestTrace trace, Func<LoadedModel, CancellationToken, T> work) : WorkJob(trace)
{
    private readonly TaskCompletionSource<T> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource stop = new();
    private volatile Exception? interruption;
    private T? result;

    public Task<T> Result => completion.Task;

    /// <summary>Cancels the work and waits for it: the caller may have to dispose of its result.</summary>
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
            var reason = error is OperationCanceledException && interruption is { } cause ? cause : error;
            End(reason);
            return reason;
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
