using AudioCraft.Kernels;

namespace AudioCraft.Tests.Kernels;

public class ThreadTeamTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    [Fact]
    public void Every_part_runs_once_for_changing_sizes()
    {
        var team = new ThreadTeam();
        foreach (var threads in new[] { 1, 4, 2, 3, 1, 4 })
        {
            for (var round = 0; round < 500; round++)
            {
                var done = new int[threads];
                team.Run(threads, (part, parts) => Interlocked.Increment(ref done[parts == threads ? part : 0]));
                Assert.All(done, count => Assert.Equal(1, count));
            }
        }
    }

    [Fact]
    public void Waiting_parts_each_have_a_thread()
    {
        var team = new ThreadTeam();
        for (var round = 0; round < 200; round++)
        {
            using var meeting = new Barrier(3);
            var met = 0;
            team.Run(3, (_, _) => Interlocked.Add(ref met, meeting.SignalAndWait(Limit) ? 1 : 0), usesBarrier: true);
            Assert.Equal(3, met);
        }
    }

    [Fact]
    public void Caller_runs_parts_that_no_worker_has_started_and_the_workers_do_not_run_them_later()
    {
        const int Threads = 3;
        var team = new ThreadTeam();
        var caller = Environment.CurrentManagedThreadId;
        var (rounds, byCaller, late) = (0, 0, 0);
        for (; rounds < 500 || (byCaller == 0 && rounds < 100_000); rounds++)
        {
            var done = new int[Threads];
            var hasReturned = false;
            team.Run(Threads, (part, _) =>
            {
                Interlocked.Increment(ref done[part]);
                Interlocked.Add(ref late, Volatile.Read(ref hasReturned) ? 1 : 0);
                Interlocked.Add(ref byCaller, part > 0 && Environment.CurrentManagedThreadId == caller ? 1 : 0);
            });
            Volatile.Write(ref hasReturned, true);
            Assert.Equal([1, 1, 1], done);
        }

        Assert.InRange(byCaller, 1, rounds * (Threads - 1));
        Assert.Equal(0, late);
    }

    [Fact]
    public void Part_that_a_worker_has_started_is_not_canceled_and_Run_waits_for_it()
    {
        var team = new ThreadTeam();
        var caller = Environment.CurrentManagedThreadId;
        for (var round = 0; round < 100; round++)
        {
            using var started = new ManualResetEventSlim();
            using var canceling = new ManualResetEventSlim();
            var (thread, isStarted, isDone) = (caller, false, false);
            team.Run(2, (part, _) =>
            {
                if (part == 0)
                {
                    isStarted = started.Wait(Limit);
                    canceling.Set();
                    return;
                }

                thread = Environment.CurrentManagedThreadId;
                started.Set();
                canceling.Wait(Limit);
                Thread.Yield();
                isDone = true;
            });
            Assert.True(isStarted);
            Assert.True(isDone);
            Assert.NotEqual(caller, thread);
        }
    }

    [Fact]
    public void Second_caller_computes_everything_itself_while_the_team_is_busy()
    {
        var team = new ThreadTeam();
        var calls = new List<(int, int)>();
        team.Run(2, (part, _) =>
        {
            if (part == 0)
            {
                var other = new Thread(() => team.Run(4, (otherPart, parts) => calls.Add((otherPart, parts))));
                other.Start();
                other.Join();
            }
        });
        Assert.Equal([(0, 1)], calls);
    }
}
