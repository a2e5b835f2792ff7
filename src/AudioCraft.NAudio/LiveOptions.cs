namespace AudioCraft.NAudio;

/// <summary>How much a <see cref="LiveSampleProvider"/> buffers.</summary>
public sealed record LiveOptions
{
    /// <summary>The buffered length at which generation pauses: above 0, at most one hour. Default 2 seconds.</summary>
    public TimeSpan MaxBuffered { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The length that must be buffered before <see cref="LiveSampleProvider.Playback"/> starts, and again after an underrun: 0 to <see cref="MaxBuffered"/>. Default 0.2 seconds.</summary>
    public TimeSpan StartThreshold { get; init; } = TimeSpan.FromSeconds(0.2);

    internal void Validate(string parameter)
    {
        // An hour of 64 channels at 1 MHz still fits into the counters.
        if (MaxBuffered <= TimeSpan.Zero || MaxBuffered > TimeSpan.FromHours(1))
        {
            throw new ArgumentException($"{nameof(MaxBuffered)} is {MaxBuffered}, but more than 0 and at most one hour was expected.", parameter);
        }

        if (StartThreshold < TimeSpan.Zero || StartThreshold > MaxBuffered)
        {
            throw new ArgumentException($"{nameof(StartThreshold)} is {StartThreshold}, but 0 to {nameof(MaxBuffered)} ({MaxBuffered}) was expected.", parameter);
        }
    }
}
