namespace AudioCraft.Training;

/// <summary>What every training has, whatever is trained.</summary>
public sealed record TrainingOptions
{
    /// <summary>Where checkpoints, logs and curves go. A checkpoint that is there is where the training goes on.</summary>
    public required string Directory { get; init; }

    /// <summary>Updates in all, at least 1.</summary>
    public required long Steps { get; init; }

    /// <summary>Everything random follows from it: the same seed, data and machine give the same weights.</summary>
    public long Seed { get; init; }

    /// <summary>Updates between two rows of the log, each the mean over them, at least 1.</summary>
    public int LogEvery { get; init; } = 20;

    /// <summary>Updates between two validations, at least 1; there is one more at the end. 0 for none at all.</summary>
    public int ValidateEvery { get; init; } = 500;

    /// <summary>Updates between two checkpoints, at least 1; there is one more at the end.</summary>
    public int CheckpointEvery { get; init; } = 500;

    /// <summary>The validation's value that says which weights are best.</summary>
    public string BestMetric { get; init; } = "loss";

    /// <summary>Whether more of it is better.</summary>
    public bool LargerIsBetter { get; init; }

    /// <summary>Whether the curves are drawn after each validation.</summary>
    public bool DrawCurves { get; init; } = true;

    /// <summary>The state of the training, from which it goes on exactly.</summary>
    public string CheckpointPath => Path.Combine(Directory, "checkpoint.safetensors");

    /// <summary>The best weights so far.</summary>
    public string BestPath => Path.Combine(Directory, "best.safetensors");

    /// <summary>The log of the training.</summary>
    public string TrainingLogPath => Path.Combine(Directory, "train.csv");

    /// <summary>The log of the validations.</summary>
    public string ValidationLogPath => Path.Combine(Directory, "valid.csv");

    /// <summary>Both logs as a picture.</summary>
    public string CurvesPath => Path.Combine(Directory, "curves.png");

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Directory);
        ArgumentOutOfRangeException.ThrowIfLessThan(Steps, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(LogEvery, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(ValidateEvery);
        ArgumentOutOfRangeException.ThrowIfLessThan(CheckpointEvery, 1);
        ArgumentException.ThrowIfNullOrWhiteSpace(BestMetric);
    }
}
