using Microsoft.Extensions.Logging;

namespace AudioCraft.Training;

/// <summary>Reports of a running training: logs, curves, and progress with rate and time left.</summary>
internal sealed partial class TrainingReports
{
    private readonly TrainingOptions options;
    private readonly ILogger logger;
    private readonly TrainingLog training;
    private readonly TrainingLog validation;
    private double secondsAStep;
    private int timed;
    private bool curvesFail;

    /// <summary>Opens the logs and removes the rows after the step from which training resumes.</summary>
    public TrainingReports(TrainingOptions options, ILogger logger, long step, long validated)
    {
        (this.options, this.logger) = (options, logger);
        training = new TrainingLog(options.TrainingLogPath, step);
        validation = new TrainingLog(options.ValidationLogPath, validated);
        training.WriteAll();
        validation.WriteAll();
    }

    /// <summary>Adds the duration of a step. The first step, which may include k-means, is discarded with the second.</summary>
    public void Took(TimeSpan time) => secondsAStep = ++timed <= 2 ? time.TotalSeconds : (0.98 * secondsAStep) + (0.02 * time.TotalSeconds);

    /// <summary>Reports means of the last steps.</summary>
    public void Trained(IProgress<TrainingProgress>? progress, long step, IReadOnlyDictionary<string, double> means)
    {
        training.Append(step, means);
        Report(progress, TrainingPhase.Training, step, means, false);
    }

    /// <summary>Adds a validation to the log and the curves.</summary>
    public void Validated(long step, IReadOnlyDictionary<string, double> means)
    {
        validation.Append(step, means);
        if (!options.DrawCurves || curvesFail)
        {
            return;
        }

        try
        {
            TrainingCurves.Draw(options.CurvesPath, training, validation);
        }
        catch (Exception error) when (error is DllNotFoundException or TypeInitializationException)
        {
            // A missing native library of SkiaSharp must not end a training.
            curvesFail = true;
            LogNoCurves(logger, error);
        }
    }

    /// <summary>Reports progress.</summary>
    public void Report(IProgress<TrainingProgress>? progress, TrainingPhase phase, long step, IReadOnlyDictionary<string, double> means, bool isBest)
    {
        var rate = secondsAStep > 0 ? 1 / secondsAStep : 0;
        progress?.Report(new(phase, step, options.Steps, means, rate, TimeSpan.FromSeconds((options.Steps - step) * secondsAStep), isBest));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The curves cannot be drawn: SkiaSharp's native library does not load.")]
    private static partial void LogNoCurves(ILogger logger, Exception error);
}
