namespace AudioCraft.Training;

/// <summary>Options of all trainings.</summary>
public sealed record TrainingOptions
{
    /// <summary>Folder of checkpoints, logs and curves. Training resumes from a checkpoint in it.</summary>
    public required string Directory { get; init; }

    /// <summary>Total number of updates, at least 1.</summary>
    public required long Steps { get; init; }

    /// <summary>Seed of all random choices: the same seed, data and machine give the same weights.</summary>
    public long Seed { get; init; }

    /// <summary>Updates per row of the log, which contains their means; at least 1.</summary>
    public int LogEvery { get; init; } = 20;

    /// <summary>Updates between validations, at least 1, with one more at the end; 0 for none.</summary>
    public int ValidateEvery { get; init; } = 500;

    /// <summary>Updates between checkpoints, at least 1, with one more at the end.</summary>
    public int CheckpointEvery { get; init; } = 500;

    /// <summary>The validation metric that selects the best weights.</summary>
    public string BestMetric { get; init; } = "loss";

    /// <summary>Whether higher values are better.</summary>
    public bool LargerIsBetter { get; init; }

    /// <summary>Whether the curves are drawn after each validation.</summary>
    public bool DrawCurves { get; init; } = true;

    /// <summary>The state from which the training resumes.</summary>
    public string CheckpointPath => Path.Combine(Directory, "checkpoint.safetensors");

    /// <summary>The best weights so far.</summary>
    public string BestPath => Path.Combine(Directory, "best.safetensors");

    /// <summary>The log of the training.</summary>
    public string TrainingLogPath => Path.Combine(Directory, "train.csv");

    /// <summary>The log of the validations.</summary>
    public string ValidationLogPath => Path.Combine(Directory, "valid.csv");

    /// <summary>The drawing of both logs.</summary>
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
