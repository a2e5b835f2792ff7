namespace AudioCraft.Hosting;

/// <summary>Statistics of a model: its speed, from which waiting times are estimated, and failures in a row.</summary>
internal sealed class ServiceRecord(TimeProvider time)
{
    /// <summary>The estimate before the first measurement.</summary>
    private static readonly TimeSpan Unknown = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private GenerationProgress progress;
    private TimeSpan? last;
    private long begun;
    private bool running;
    private int failures;
    private string? reason;

    /// <summary>The number of failures since the last success, and the message of the latest. Invalid requests do not count.</summary>
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

    /// <summary>Ends a measurement, with an error or without.</summary>
    /// <returns>The number of completed steps and the elapsed time.</returns>
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

    /// <summary>The estimated time until the running requests end: whole seconds, at least 1.</summary>
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
