namespace AudioCraft.NAudio;

/// <summary>How much a <see cref="LiveSampleProvider"/> buffers.</summary>
public sealed record LiveOptions
{
    /// <summary>The buffered length at which the source has to wait: above 0, at most one hour. Default 2 seconds.</summary>
    public TimeSpan Ahead { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The buffered length that is required before playback starts, and again after an underrun: 0 to <see cref="Ahead"/>. Default 0.2 seconds.</summary>
    public TimeSpan BeforeStart { get; init; } = TimeSpan.FromSeconds(0.2);

    internal void Validate(string parameter)
    {
        // An hour of 64 channels at 1 MHz still fits into the counters.
        if (Ahead <= TimeSpan.Zero || Ahead > TimeSpan.FromHours(1))
        {
            throw new ArgumentException($"{nameof(Ahead)} is {Ahead}, but more than 0 and at most one hour was expected.", parameter);
        }

        if (BeforeStart < TimeSpan.Zero || BeforeStart > Ahead)
        {
            throw new ArgumentException($"{nameof(BeforeStart)} is {BeforeStart}, but 0 to {nameof(Ahead)} ({Ahead}) was expected.", parameter);
        }
    }
}
