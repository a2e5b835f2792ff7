namespace AudioCraft.Hosting;

/// <summary>How a model has been doing: its pace, from which follows how long others wait, and failures in a row.</summary>
internal sealed class ServiceRecord(TimeProvider time)
{
    /// <summary>What is said where nothing has been measured yet.</summary>
    private static readonly TimeSpan Unknown = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private GenerationProgress progress;
    private TimeSpan? last;
    private long begun;
    private bool running;
    private int failures;
    private string? reason;

    /// <summary>Requests that failed since the last one that did not, and why the last of them did. What callers did wrong does not count.</summary>
    public (int Count, string? Reason) Failures
    {
        get
        {
            lock (gate)
            {
                return (failures, reason);
            }
        }
    }

    public void Begin()
    {
        lock (gate)
        {
            (running, begun, progress) = (true, time.GetTimestamp(), default);
        }
    }

    public void Step(GenerationProgress step)
    {
        lock (gate)
        {
            progress = step;
        }
    }

    /// <summary>What was begun is over, by success or by this failure. Steps that were done, and the time that they took.</summary>
    public (int Steps, TimeSpan Time) End(Exception? error)
    {
        lock (gate)
        {
            running = false;
            var took = time.GetElapsedTime(begun);
            var outcome = RequestOutcome.Of(error);
            if (outcome == RequestOutcome.Completed)
            {
                (last, failures, reason) = (took, 0, null);
            }
            else if (outcome == RequestOutcome.Failed)
            {
                (failures, reason) = (failures + 1, error!.Message);
            }

            return (progress.Step, took);
        }
    }

    /// <summary>How long it takes until what is being done now is done, and the queue moves on: whole seconds, at least 1.</summary>
    public TimeSpan UntilNext()
    {
        lock (gate)
        {
            var elapsed = running ? time.GetElapsedTime(begun) : TimeSpan.Zero;
            var left = running && progress.Step > 0 ? elapsed * (progress.TotalSteps - progress.Step) / progress.Step : (last ?? Unknown) - elapsed;
            return TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling(left.TotalSeconds)));
        }
    }
}
