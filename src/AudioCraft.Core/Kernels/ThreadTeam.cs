namespace AudioCraft.Kernels;

/// <summary>
/// Threads for many short pieces of parallel work. Decoding a token takes hundreds of matrix-vector products of some tens of
/// microseconds each: unlike a thread pool, the threads spin between them, and block if there is no work for a while.
/// </summary>
internal sealed class ThreadTeam
{
    /// <summary>Iterations before a waiting thread blocks: about a fifth of a millisecond.</summary>
    private const int SpinsBeforeSleep = 4_000;

    private readonly Lock turn = new();
    private readonly List<Member> members = [];
    private Action<int, int>? work;
    private int parts;
    private int running;

    /// <summary>The team of this process.</summary>
    public static ThreadTeam Shared { get; } = new();

    /// <summary>
    /// Calls <paramref name="part"/> with (0, threads) … (threads - 1, threads), the first on the calling thread, and returns when all calls have returned.
    /// While the team is busy with another caller, the calling thread calls it once, with (0, 1). After its own part it also runs parts that no thread has started:
    /// on a busy machine a thread can take milliseconds to be scheduled.
    /// </summary>
    /// <param name="threads">Number of threads, at least 1.</param>
    /// <param name="part">The work; it must not throw.</param>
    /// <param name="together">Whether the parts wait for each other, so that each needs its own thread.</param>
    public void Run(int threads, Action<int, int> part, bool together = false)
    {
        if (threads <= 1 || !turn.TryEnter())
        {
            part(0, 1);
            return;
        }

        try
        {
            while (members.Count < threads - 1)
            {
                members.Add(new Member(this, members.Count + 1));
            }

            (work, parts) = (part, threads);
            Volatile.Write(ref running, threads - 1);
            for (var i = 0; i < threads - 1; i++)
            {
                members[i].Call();
            }

            part(0, threads);
            for (var i = 0; i < threads - 1 && !together; i++)
            {
                if (members[i].TryWithdraw())
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
            turn.Exit();
        }
    }

    private sealed class Member
    {
        private readonly ThreadTeam team;
        private readonly int index;
        private readonly object wakeUp = new();
        private int calls;
        private int taken;
        private bool asleep;

        public Member(ThreadTeam team, int index)
        {
            (this.team, this.index) = (team, index);
            new Thread(Serve) { IsBackground = true, Name = $"AudioCraft {index}" }.Start();
        }

        public void Call()
        {
            // A full fence: either the member sees the call before it blocks, or this thread sees that it is blocked.
            Interlocked.Increment(ref calls);
            if (Volatile.Read(ref asleep))
            {
                lock (wakeUp)
                {
                    Monitor.Pulse(wakeUp);
                }
            }
        }

        /// <summary>Withdraws the last call unless its work has started.</summary>
        public bool TryWithdraw() => TryTake(calls - 1);

        private void Serve()
        {
            for (var answered = 0; ; answered++)
            {
                Await(answered);
                if (TryTake(answered))
                {
                    team.work!(index, team.parts);
                    Interlocked.Decrement(ref team.running);
                }
            }
        }

        // Each call is taken once, by this thread or by the caller, before the next call.
        private bool TryTake(int call) => Interlocked.CompareExchange(ref taken, call + 1, call) == call;

        private void Await(int answered)
        {
            for (var spins = 0; spins < SpinsBeforeSleep; spins++)
            {
                if (Volatile.Read(ref calls) != answered)
                {
                    return;
                }

                Thread.SpinWait(10);
            }

            lock (wakeUp)
            {
                Volatile.Write(ref asleep, true);
                Interlocked.MemoryBarrier();
                while (Volatile.Read(ref calls) == answered)
                {
                    Monitor.Wait(wakeUp);
                }

                Volatile.Write(ref asleep, false);
            }
        }
    }
}
