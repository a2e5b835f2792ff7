using System.Diagnostics;
using AudioCraft.Checkpoints;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// Base class of trainings: steps, validations, checkpoints, logs. A derived class implements the step, registers its state, and defines the result.
/// <para>
/// A training resumes exactly from its last checkpoint: losses are bit-identical to an uninterrupted training (with the same data, machine and number of threads).
/// For this, random numbers of a step come from <see cref="SeedOf"/>; libtorch's default generator is seeded from it before each step.
/// </para>
/// </summary>
public abstract partial class Solver : IDisposable
{
    private readonly OrderedDictionary<string, IStateful> parts = new(StringComparer.Ordinal);
    private readonly StepMetrics pending = new();
    private readonly ILogger logger;
    private TrainingReports? reports;
    private long validated;
    private double? best;

    /// <param name="options">Directory, steps, seed and intervals.</param>
    /// <param name="logger">Logs checkpoints and problems; null for no logging.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    protected Solver(TrainingOptions options, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        this.logger = logger ?? NullLogger.Instance;
    }

    /// <summary>Directory, steps, seed and intervals.</summary>
    public TrainingOptions Options { get; }

    /// <summary>Number of completed updates.</summary>
    public long Step { get; private set; }

    /// <summary>The best value of <see cref="TrainingOptions.BestMetric"/> so far; null before the first validation.</summary>
    public double? Best => best;

    /// <summary>Trains until all steps are completed, from the checkpoint in the directory if it exists.</summary>
    /// <param name="progress">Receives each row of the logs.</param>
    /// <param name="cancellationToken">Checked between steps; the state is saved before the exception is thrown.</param>
    /// <exception cref="OperationCanceledException">The training was canceled.</exception>
    /// <exception cref="CheckpointException">The checkpoint is damaged or belongs to another training.</exception>
    /// <exception cref="AudioCraftException">A loss is not finite, or a file cannot be written.</exception>
    public void Run(IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        Open();
        try
        {
            while (true)
            {
                if (ValidationIsDue)
                {
                    ValidateNow(progress, cancellationToken);
                }

                if (Step >= Options.Steps)
                {
                    return;
                }

                cancellationToken.ThrowIfCancellationRequested();
                TrainNow();
                if (Step % Options.LogEvery == 0 || Step == Options.Steps)
                {
                    LogTraining(progress);
                }

                if (Step % Options.CheckpointEvery == 0 || Step == Options.Steps)
                {
                    Save();
                }
            }
        }
        catch (OperationCanceledException)
        {
            Save();
            throw;
        }
    }

    /// <summary>Calls <see cref="Run"/> on a thread-pool thread.</summary>
    /// <param name="progress">Receives each row of the logs.</param>
    /// <param name="cancellationToken">Checked between steps; the state is saved before the exception is thrown.</param>
    public Task RunAsync(IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) => Task.Run(() => Run(progress, cancellationToken), CancellationToken.None);

    /// <summary>The best weights so far, by the names of <see cref="Result"/>. The caller disposes it.</summary>
    /// <exception cref="CheckpointException">There has been no validation yet.</exception>
    public TensorArchive OpenBest() => SafetensorsFile.Open(Options.BestPath);

    /// <summary>Writes the checkpoint now.</summary>
    /// <exception cref="AudioCraftException">The file cannot be written; the previous one is kept.</exception>
    public void Save()
    {
        var numbers = new Dictionary<string, double> { ["step"] = Step, ["validated"] = validated, ["seed"] = Options.Seed };
        if (best is { } value)
        {
            numbers["best"] = value;
        }

        foreach (var (name, sum, count) in pending.Sums)
        {
            numbers["sum." + name] = sum;
            numbers["count." + name] = count;
        }

        TrainingCheckpoint.Write(Options.CheckpointPath, parts, numbers);
        LogSaved(logger, Step, Options.CheckpointPath);
    }

    /// <summary>Releases the resources of the training.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Performs one update: computes losses and gradients, and calls the optimizers. Called in a dispose scope with gradients enabled.
    /// </summary>
    /// <param name="update">Number of the update, from 0.</param>
    /// <param name="metrics">Receives values for the log.</param>
    protected abstract void TrainStep(long update, StepMetrics metrics);

    /// <summary>Computes validation metrics; must not change the state. Called in a dispose scope without gradients.</summary>
    /// <param name="metrics">Receives values for the log, including <see cref="TrainingOptions.BestMetric"/>.</param>
    /// <param name="cancellationToken">May be checked at any time.</param>
    protected abstract void Validate(StepMetrics metrics, CancellationToken cancellationToken);

    /// <summary>The resulting weights by name, saved after each best validation. The solver keeps ownership.</summary>
    protected abstract IReadOnlyDictionary<string, Tensor> Result();

    /// <summary>Called after a best validation, when the weights have been saved.</summary>
    protected virtual void OnBest() { }

    /// <summary>Called once before the first step, after a checkpoint has been restored.</summary>
    protected virtual void OnStart() { }

    /// <summary>Adds the parameters and buffers of a module to the state.</summary>
    /// <param name="name">Name in the checkpoint, without <c>/</c>.</param>
    /// <param name="module">The caller keeps ownership.</param>
    protected void Register(string name, nn.Module module) => Register(name, new ModuleState(module));

    /// <summary>Adds an object to the state, such as an optimizer or an average of weights.</summary>
    /// <param name="name">Name in the checkpoint, without <c>/</c>.</param>
    /// <param name="part">The caller keeps ownership.</param>
    /// <exception cref="ArgumentException">The name is in use, empty, or contains <c>/</c>.</exception>
    protected void Register(string name, IStateful part)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(part);
        if (name.Contains('/', StringComparison.Ordinal) || !parts.TryAdd(name, part))
        {
            throw new ArgumentException($"'{name}' is not a valid name for a part of the state: it is in use, empty, or contains '/'.", nameof(name));
        }
    }

    /// <summary>The seed for one purpose in one step.</summary>
    /// <param name="step">Number of the step.</param>
    /// <param name="purpose">1 or more; 0 is libtorch's default generator.</param>
    protected long SeedOf(long step, int purpose) => TrainingSeed.Of(Options.Seed, step, purpose);

    /// <summary>Releases the resources of the training.</summary>
    /// <param name="disposing">False when called by the finalizer.</param>
    protected virtual void Dispose(bool disposing) { }

    private bool ValidationIsDue =>
        Options.ValidateEvery > 0 && Step > validated && (Step % Options.ValidateEvery == 0 || Step >= Options.Steps);

    private void Open()
    {
        if (reports is not null)
        {
            return;
        }

        if (File.Exists(Options.CheckpointPath))
        {
            Restore();
        }

        reports = new TrainingReports(Options, logger, Step, validated);
        OnStart();
    }

    private void Restore()
    {
        var numbers = TrainingCheckpoint.Read(Options.CheckpointPath, parts);
        if (StatefulNumbers.Value(numbers, "seed") != Options.Seed)
        {
            throw new CheckpointException($"{Options.CheckpointPath} was trained with seed {numbers["seed"]}, not {Options.Seed}.");
        }

        Step = StatefulNumbers.Count(numbers, "step");
        validated = StatefulNumbers.Count(numbers, "validated");
        best = numbers.TryGetValue("best", out var value) ? value : null;
        foreach (var (name, sum) in numbers.Where(n => n.Key.StartsWith("sum.", StringComparison.Ordinal)))
        {
            pending.Restore(name[4..], sum, StatefulNumbers.Value(numbers, "count." + name[4..]));
        }

        LogRestored(logger, Step, Options.CheckpointPath);
    }

    private void TrainNow()
    {
        var start = Stopwatch.GetTimestamp();
        using var seeded = manual_seed(SeedOf(Step, 0));
        var metrics = new StepMetrics();
        using (enable_grad())
        using (NewDisposeScope())
        {
            TrainStep(Step, metrics);
        }

        if (metrics.FirstNotFinite() is { } name)
        {
            throw new AudioCraftException(
                $"The training diverged: '{name}' is {metrics.Means[name]} in step {Step}. Resume from {Options.CheckpointPath} with a lower learning rate.");
        }

        Step++;
        pending.AddAll(metrics);
        reports!.Took(Stopwatch.GetElapsedTime(start));
    }

    private void LogTraining(IProgress<TrainingProgress>? progress)
    {
        var means = pending.Means;
        pending.Clear();
        reports!.Trained(progress, Step, means);
    }

    private void ValidateNow(IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        var metrics = new StepMetrics();
        using (no_grad())
        using (NewDisposeScope())
        {
            Validate(metrics, cancellationToken);
        }

        var means = metrics.Means;
        if (!means.TryGetValue(Options.BestMetric, out var value))
        {
            throw new InvalidOperationException($"The validation has no metric '{Options.BestMetric}', which selects the best weights; it has {string.Join(", ", means.Keys)}.");
        }

        var better = double.IsFinite(value) && (best is not { } before || (Options.LargerIsBetter ? value > before : value < before));
        if (better)
        {
            SafetensorsWriter.Write(Options.BestPath, Result(), new Dictionary<string, string> { ["step"] = $"{Step}" });
            best = value;
        }

        validated = Step;
        reports!.Validated(Step, means);
        if (better)
        {
            OnBest();
        }

        reports.Report(progress, TrainingPhase.Validation, Step, means, better);
        Save();
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Saved step {Step} to {Path}.")]
    private static partial void LogSaved(ILogger logger, long step, string path);

    [LoggerMessage(Level = LogLevel.Information, Message = "Resuming from step {Step} of {Path}.")]
    private static partial void LogRestored(ILogger logger, long step, string path);
}
