namespace AudioCraft.NAudio;

/// <summary>How far a <see cref="LiveSampleProvider"/> keeps ahead of who listens.</summary>
public sealed record LiveOptions
{
    /// <summary>Sound that waits to be heard before no more is asked for. Default 2 seconds.</summary>
    public TimeSpan Ahead { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Sound that must be there before the first is heard, and again after it ran dry. Default 0.2 seconds, at most <see cref="Ahead"/>.</summary>
    public TimeSpan BeforeStart { get; init; } = TimeSpan.FromSeconds(0.2);

    internal void Validate(string parameter)
    {
        // An hour of 64 channels at 1 MHz still fits into the counters.
        if (Ahead <= TimeSpan.Zero || Ahead > TimeSpan.FromHours(1))
        {
            throw new ArgumentException($"{nameof(Ahead)} is {Ahead}, but more than 0 and at most an hour was expected.", parameter);
        }

        if (BeforeStart < TimeSpan.Zero || BeforeStart > Ahead)
        {
            throw new ArgumentException($"{nameof(BeforeStart)} is {BeforeStart}, but 0 to {nameof(Ahead)} ({Ahead}) was expected.", parameter);
        }
    }
}
