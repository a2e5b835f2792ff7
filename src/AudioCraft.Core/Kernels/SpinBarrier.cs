namespace AudioCraft.Kernels;

/// <summary>
/// A barrier on which threads spin, for work with hundreds of barriers that are microseconds apart, such as a decoding step.
/// A thread that waits longer yields its core.
/// </summary>
internal sealed class SpinBarrier(int parts)
{
    /// <summary>Iterations before a waiting thread yields: some tens of microseconds.</summary>
    private const int SpinsBeforeYield = 1_000;

    private int waiting;
    private int phase;

    /// <summary>Waits until all threads have arrived.</summary>
    public void Wait()
    {
        var own = Volatile.Read(ref phase);
        if (Interlocked.Increment(ref waiting) == parts)
        {
            Volatile.Write(ref waiting, 0);
            Volatile.Write(ref phase, own + 1);
            return;
        }

        for (var spins = 0; Volatile.Read(ref phase) == own; spins++)
        {
            if (spins < SpinsBeforeYield)
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
