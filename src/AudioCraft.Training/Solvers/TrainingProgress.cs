namespace AudioCraft.Training;

/// <summary>Phase of a progress report.</summary>
public enum TrainingPhase
{
    /// <summary>Training steps.</summary>
    Training,

    /// <summary>A validation.</summary>
    Validation,
}

/// <summary>Progress of a training.</summary>
/// <param name="Phase">Phase of <paramref name="Metrics"/>.</param>
/// <param name="Step">Completed updates.</param>
/// <param name="TotalSteps">Total number of updates.</param>
/// <param name="Metrics">Values by name: means since the last report of this phase.</param>
/// <param name="StepsPerSecond">Recent updates per second, without validations.</param>
/// <param name="Remaining">Estimated time left, without validations.</param>
/// <param name="IsBest">Whether a validation was the best so far.</param>
public sealed record TrainingProgress(
    TrainingPhase Phase, long Step, long TotalSteps, IReadOnlyDictionary<string, double> Metrics, double StepsPerSecond, TimeSpan Remaining, bool IsBest = false);
