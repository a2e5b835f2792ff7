namespace AudioCraft.Training;

/// <summary>What a report of a training is about.</summary>
public enum TrainingPhase
{
    /// <summary>Updates of the weights.</summary>
    Training,

    /// <summary>A validation.</summary>
    Validation,
}

/// <summary>How a training stands.</summary>
/// <param name="Phase">What <paramref name="Metrics"/> are about.</param>
/// <param name="Step">Updates made.</param>
/// <param name="TotalSteps">Updates in all.</param>
/// <param name="Metrics">Values by name: means since the last report of the phase.</param>
/// <param name="StepsPerSecond">Updates a second of late, without validations.</param>
/// <param name="Remaining">Time left at that rate, without validations.</param>
/// <param name="IsBest">Whether a validation was the best so far.</param>
public sealed record TrainingProgress(
    TrainingPhase Phase, long Step, long TotalSteps, IReadOnlyDictionary<string, double> Metrics, double StepsPerSecond, TimeSpan Remaining, bool IsBest = false);
