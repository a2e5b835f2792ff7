namespace AudioCraft.Kernels;

/// <summary>
/// Threads for many short pieces of parallel work. Decoding a token takes hundreds of matrix-vector products of some tens of
/// microseconds each: unlike those of a thread pool, the workers spin between them, and block if there is no work for a while.
/// </summary>
internal sealed class ThreadTeam
{
    /// <summary>Iterations of a waiting worker before it blocks: about a fifth of a millisecond.</summary>
    private const int SpinCount = 4_000;

    private readonly Lock busy = new();
    private readonly List<Worker> workers = [];
    private Action<int, int>? work;
    private int parts;
    private int running;

    /// <summary>The team of this process.</summary>
    public static ThreadTeam Shared { get; } = new();

    /// <summary>
    /// Calls <paramref name="part"/> with (0, threads) … (threads - 1, threads), the first on the calling thread, and returns when all calls have returned.
    /// While the team is busy with another caller, the calling thread calls it once, with (0, 1). After its own part it also runs parts that no worker has started:
    /// on a busy machine a thread can take milliseconds to be scheduled.
    /// </summary>
    /// <param name="threads">Number of threads, at least 1.</param>
    /// <param name="part">The work; it must not throw.</param>
    /// <param name="usesBarrier">Whether the parts wait for each other, so that each needs its own thread.</param>
    public void Run(int threads, Action<int, int> part, bool usesBarrier = false)
    {
        if (threads <= 1 || !busy.TryEnter())
        {
            part(0, 1);
            return;
        }

        try
        {
            while (workers.Count < threads - 1)
            {
                workers.Add(new Worker(this, workers.Count + 1));
            }

            (work, parts) = (part, threads);
            Volatile.Write(ref running, threads - 1);
            for (var i = 0; i < threads - 1; i++)
            {
                workers[i].Start();
            }

            part(0, threads);
            for (var i = 0; i < threads - 1 && !usesBarrier; i++)
            {
                if (workers[i].TryCancel())
                {
                    part(i + 1, threads);
                    Interlocked.Decrement(ref running);
                }
            }

            var spinner = default(SpinWait);
            while (Volatile.Read(ref running) > 0)
            {
                spinner.SpinOnce(sleep1Threshold: -1);
            }

            work = null;
        }
        finally
        {
            busy.Exit();
        }
    }

    private sealed class Worker
    {
        private readonly ThreadTeam team;
        private readonly int index;
        private readonly object started = new();
        private int starts;
        private int claims;
        private bool isBlocked;

        public Worker(ThreadTeam team, int index)
        {
            (this.team, this.index) = (team, index);
            new Thread(Loop) { IsBackground = true, Name = $"AudioCraft {index}" }.Start();
        }

        /// <summary>Starts this worker's part of the team's work.</summary>
        public void Start()
        {
            // A full fence: either the worker sees the start before it blocks, or this thread sees that it is blocked.
            Interlocked.Increment(ref starts);
            if (Volatile.Read(ref isBlocked))
            {
                lock (started)
                {
                    Monitor.Pulse(started);
                }
            }
        }

        /// <summary>Cancels the last start unless the worker has begun its part.</summary>
        public bool TryCancel() => TryClaim(starts - 1);

        private void Loop()
        {
            for (var start = 0; ; start++)
            {
                WaitForStart(start);
                if (TryClaim(start))
                {
                    team.work!(index, team.parts);
                    Interlocked.Decrement(ref team.running);
                }
            }
        }

        // Each start is claimed once, by the worker or by the caller, before the next start.
        private bool TryClaim(int start) => Interlocked.CompareExchange(ref claims, start + 1, start) == start;

        private void WaitForStart(int start)
        {
            for (var spins = 0; spins < SpinCount; spins++)
            {
                if (Volatile.Read(ref starts) != start)
                {
                    return;
                }

                Thread.SpinWait(10);
            }

            lock (started)
            {
                Volatile.Write(ref isBlocked, true);
                Interlocked.MemoryBarrier();
                while (Volatile.Read(ref starts) == start)
                {
                    Monitor.Wait(started);
                }

                Volatile.Write(ref isBlocked, false);
            }
        }
    }
}
