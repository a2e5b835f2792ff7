namespace AudioCraft.Hosting;

/// <summary>
/// The queue of a model or of a <see cref="FairSemaphore"/> is full: the request was rejected, or removed for a request of a client with fewer requests. In HTTP: 429 with <c>Retry-After</c>.
/// </summary>
public sealed class QueueFullException : AudioCraftException
{
    internal QueueFullException(string model, int waiting, TimeSpan retryAfter)
        : base($"The queue of '{model}' is full: {waiting} requests are waiting. Try again in {retryAfter.TotalSeconds:F0} s.") =>
        (QueueLength, RetryAfter) = (waiting, retryAfter);

    /// <summary>The number of waiting requests.</summary>
    public int QueueLength { get; }

    /// <summary>The estimated time until the queue has room, from the progress of the running requests: whole seconds, at least 1.</summary>
    public TimeSpan RetryAfter { get; }
}

/// <summary>The consumer of a stream did not read for longer than <see cref="AudioCraftOptions.ConsumerTimeout"/>, so the stream was ended and the next requests are served.</summary>
public sealed class SlowConsumerException : AudioCraftException
{
    internal SlowConsumerException(double ahead, TimeSpan timeout)
        : base($"{ahead} s of audio were buffered and the consumer read nothing for {timeout.TotalSeconds:F0} s: the stream was ended.")
    {
    }
}

/// <summary>A model cannot be used because it could not be loaded or the host is stopping. In HTTP: 503.</summary>
public sealed class SoundModelUnavailableException : AudioCraftException
{
    internal SoundModelUnavailableException(SoundModelState state, string message) : base(message) => State = state;

    internal SoundModelUnavailableException(SoundModelState state, string message, TimeSpan retryAfter, Exception inner) : base(message, inner) =>
        (State, RetryAfter) = (state, retryAfter);

    /// <summary>The state of the model: <see cref="SoundModelState.Failed"/>, <see cref="SoundModelState.Stopping"/> or <see cref="SoundModelState.Stopped"/>.</summary>
    public SoundModelState State { get; }

    /// <summary>The time until loading is retried, in whole seconds, at least 1; null if it is not retried.</summary>
    public TimeSpan? RetryAfter { get; }
}
