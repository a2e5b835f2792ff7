namespace AudioCraft.Hub;

/// <summary>How patient the client is.</summary>
internal sealed record HubTimings
{
    /// <summary>Attempts in a row that may fail before it gives up; one that brought <see cref="RealProgress"/> does not count.</summary>
    public int Attempts { get; init; } = 6;

    /// <summary>The first wait; each one after it is twice as long.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait, and the longest that a server may ask for.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long the server may be silent.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often a lock that another process holds is tried.</summary>
    public TimeSpan LockInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Bytes after which a connection that breaks was worth having: a file of a given size ends after a bounded number of attempts.</summary>
    public long RealProgress { get; init; } = 1 << 20;

    /// <summary>Waits.</summary>
    public Func<TimeSpan, CancellationToken, Task> Wait { get; init; } = Task.Delay;
}
