namespace AudioCraft.Hosting;

/// <summary>A request: it waits, is served, and ends once, whoever ends it first.</summary>
internal abstract class Job(RequestTrace trace)
{
    private int ended;
    private CancellationTokenRegistration leaving;

    public RequestTrace Trace { get; } = trace;

    public bool HasEnded => Volatile.Read(ref ended) != 0;

    /// <summary>Leaves the queue, or ends what is being done, when the caller cancels. Called once the job is in the queue.</summary>
    public void LeaveOn(RequestQueue queue, CancellationToken caller)
    {
        leaving = caller.UnsafeRegister(_ => Leave(queue, new OperationCanceledException(caller)), null);

        // It may be over by now, on the model's thread: one of the two sees what the other has written.
        Interlocked.MemoryBarrier();
        if (HasEnded)
        {
            leaving.Unregister();
        }
    }

    /// <summary>The caller is no longer interested.</summary>
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

    /// <summary>Ends the job with a failure, or without one, unless it has ended already.</summary>
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

    /// <summary>Its place in the queue, 1 for the next.</summary>
    public virtual void Moved(int position) { }

    /// <summary>Ends the job while it is being served.</summary>
    public virtual void Interrupt(Exception why) => End(why);

    /// <summary>Gives the caller what there is to give.</summary>
    protected abstract void Settle(Exception? error);
}
