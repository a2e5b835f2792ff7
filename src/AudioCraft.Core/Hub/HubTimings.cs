namespace AudioCraft.Hub;

/// <summary>Retries and waits of the Hub's client.</summary>
internal sealed record HubTimings
{
    /// <summary>Consecutive attempts that may fail; an attempt that downloaded <see cref="RealProgress"/> bytes does not count.</summary>
    public int Attempts { get; init; } = 6;

    /// <summary>The first wait; each one after it is twice as long.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait, and the longest that a server may request.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The timeout for a response.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest timeout and wait if the cache can be used instead.</summary>
    public TimeSpan Refresh { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Interval at which a lock held by another process is tried.</summary>
    public TimeSpan LockInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Bytes after which a lost connection does not count as a failure: the number of attempts for a file of a given size is bounded.</summary>
    public long RealProgress { get; init; } = 1 << 20;

    /// <summary>Waits.</summary>
    public Func<TimeSpan, CancellationToken, Task> Wait { get; init; } = Task.Delay;

    /// <summary>The timings of a request that is not necessary, because the cache can be used instead.</summary>
    public HubTimings ForRefresh() => this with
    {
        Attempts = Math.Min(Attempts, 2),
        LongestWait = LongestWait < Refresh ? LongestWait : Refresh,
        Silence = Silence < Refresh ? Silence : Refresh,
    };
}
