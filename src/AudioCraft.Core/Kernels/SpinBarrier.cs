namespace AudioCraft.Kernels;

/// <summary>
/// Where threads that work on one thing wait for one another, awake: a step of decoding meets hundreds of times, microseconds apart.
/// A thread that waits longer lets others have its core.
/// </summary>
internal sealed class SpinBarrier(int parts)
{
    /// <summary>How often a waiting thread looks before it offers its core: some tens of microseconds.</summary>
    private const int LooksBeforeYield = 1_000;

    private int waiting;
    private int phase;

    /// <summary>Returns when all have come.</summary>
    public void Wait()
    {
        var own = Volatile.Read(ref phase);
        if (Interlocked.Increment(ref waiting) == parts)
        {
            Volatile.Write(ref waiting, 0);
            Volatile.Write(ref phase, own + 1);
            return;
        }

        for (var looks = 0; Volatile.Read(ref phase) == own; looks++)
        {
            if (looks < LooksBeforeYield)
            {
                Thread.SpinWait(4);
            }
            else
            {
                Thread.Yield();
            }
        }
    }
}
