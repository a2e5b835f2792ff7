namespace AudioCraft.Hosting;

/// <summary>A model cannot be used: it could not be loaded, or the host is stopping. HTTP says 503 to that.</summary>
public sealed class SoundModelUnavailableException : AudioCraftException
{
    internal SoundModelUnavailableException(SoundModelState state, string message) : base(message) => State = state;

    internal SoundModelUnavailableException(SoundModelState state, string message, TimeSpan retryAfter, Exception inner) : base(message, inner) =>
        (State, RetryAfter) = (state, retryAfter);

    /// <summary>Where the model is in its life: <see cref="SoundModelState.Failed"/>, <see cref="SoundModelState.Stopping"/> or <see cref="SoundModelState.Stopped"/>.</summary>
    public SoundModelState State { get; }

    /// <summary>When loading is tried again, in whole seconds, at least 1; null where it is not.</summary>
    public TimeSpan? RetryAfter { get; }
}
