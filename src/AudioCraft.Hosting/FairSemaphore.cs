using System.Diagnostics;

namespace AudioCraft.Hosting;

/// <summary>
/// Limits work that clients start, such as the decoding of uploads, to a number of operations at the same time. Clients take turns as in the queue of a model
/// (<see cref="ISoundGenerator.ForClient"/>), so that many requests of one client do not delay those of others. All members are thread-safe.
/// </summary>
public sealed class FairSemaphore
{
    private readonly Lock gate = new();
    private readonly ClientTurns<Waiter> waiting = new(waiter => waiter.Client);
    private readonly string name;
    private readonly int capacity;
    private int free;
    private TimeSpan lastHeld;

    /// <summary>Creates a semaphore.</summary>
    /// <param name="name">The name of the work in error messages.</param>
    /// <param name="permits">The number of operations at the same time, 1 or more.</param>
    /// <param name="capacity">The maximum number of waiting operations, 0 or more.</param>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public FairSemaphore(string name, int permits, int capacity)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(permits, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        (this.name, free, this.capacity) = (name, permits, capacity);
    }

    /// <summary>The number of waiting operations.</summary>
    public int WaitingCount
    {
        get
        {
            lock (gate)
            {
                return waiting.Count;
            }
        }
    }

    /// <summary>Waits for the turn of a client.</summary>
    /// <param name="client">The client, such as an address or a user name; "" for all operations without a client.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The permit. Disposing it lets the next operation start.</returns>
    /// <exception cref="QueueFullException">Too many operations are waiting, and no client has more of them than this one; or an operation of another client took the place of this one in the queue.</exception>
    /// <exception cref="OperationCanceledException">The call was canceled.</exception>
    public async Task<IDisposable> WaitAsync(string client, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        cancellationToken.ThrowIfCancellationRequested();
        var waiter = new Waiter(client);
        Waiter? removed = null;
        lock (gate)
        {
            if (free > 0)
            {
                free--;
                waiting.TakeTurn(client);
                return new Permit(this);
            }

            if (waiting.Count >= capacity && (removed = waiting.MakeRoom(client)) is null)
            {
                throw Full();
            }

            waiting.Add(waiter);
        }

        removed?.Turn.TrySetException(Full());
        await using (cancellationToken.UnsafeRegister(_ => Leave(waiter, cancellationToken), null).ConfigureAwait(false))
        {
            return await waiter.Turn.Task.ConfigureAwait(false);
        }
    }

    private QueueFullException Full() => new(name, capacity, TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling(lastHeld.TotalSeconds))));

    private void Leave(Waiter waiter, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (!waiting.Remove(waiter))
            {
                return;
            }
        }

        waiter.Turn.TrySetCanceled(cancellationToken);
    }

    private void Release(TimeSpan held)
    {
        Waiter next;
        lock (gate)
        {
            lastHeld = held;
            if (waiting.Count == 0)
            {
                free++;
                return;
            }

            next = waiting.Ordered()[0];
            waiting.Serve(next);
        }

        next.Turn.SetResult(new Permit(this));
    }

    private sealed class Waiter(string client)
    {
        public string Client => client;

        public TaskCompletionSource<IDisposable> Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Permit(FairSemaphore semaphore) : IDisposable
    {
        private readonly long start = Stopwatch.GetTimestamp();
        private int released;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref released, 1) == 0)
            {
                semaphore.Release(Stopwatch.GetElapsedTime(start));
            }
        }
    }
}
