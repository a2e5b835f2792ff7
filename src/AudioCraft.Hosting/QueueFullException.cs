namespace AudioCraft.Hosting;

/// <summary>Too many requests are waiting for a model: this one was refused at once. HTTP says 429 to that, with <c>Retry-After</c>.</summary>
public sealed class QueueFullException : AudioCraftException
{
    internal QueueFullException(string model, int waiting, TimeSpan retryAfter)
        : base($"{waiting} requests are waiting for '{model}' already. Try again in {retryAfter.TotalSeconds:F0} s.") =>
        (QueueLength, RetryAfter) = (waiting, retryAfter);

    /// <summary>Requests that were waiting.</summary>
    public int QueueLength { get; }

    /// <summary>When there should be room, estimated from the pace of what is being made: whole seconds, at least 1.</summary>
    public TimeSpan RetryAfter { get; }
}
