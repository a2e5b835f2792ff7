using System.Diagnostics;
using AudioCraft.Checkpoints;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// A training: steps, validations, checkpoints, logs. A derived class says what a step is, registers what makes up its state, and names what the result is.
/// <para>
/// It goes on exactly from its last checkpoint: the same steps give the same losses, bit for bit, as if it had never stopped (with the same data, machine and number of threads).
/// For that a step draws its random numbers from <see cref="SeedOf"/>; libtorch's default generator is seeded from it before each step.
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
    /// <param name="logger">Told of checkpoints and of what goes wrong; null for nobody.</param>
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

    /// <summary>Updates made.</summary>
    public long Step { get; private set; }

    /// <summary>The best value of <see cref="TrainingOptions.BestMetric"/> so far; null before the first validation.</summary>
    public double? Best => best;

    /// <summary>Trains until all steps are made: from the checkpoint in the directory if there is one, else from the start.</summary>
    /// <param name="progress">Told each row of the logs.</param>
    /// <param name="ct">Stops between two steps; the state is saved first.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    /// <exception cref="CheckpointException">The checkpoint is damaged, or of another training.</exception>
    /// <exception cref="AudioCraftException">A loss is not finite, or a file cannot be written.</exception>
    public void Run(IProgress<TrainingProgress>? progress = null, CancellationToken ct = default)
    {
        Open();
        try
        {
            while (true)
            {
                if (ValidationIsDue)
                {
                    ValidateNow(progress, ct);
                }

                if (Step >= Options.Steps)
                {
                    return;
                }

                ct.ThrowIfCancellationRequested();
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

    /// <summary><see cref="Run"/> on a thread of the pool.</summary>
    /// <param name="progress">Told each row of the logs.</param>
    /// <param name="ct">Stops between two steps; the state is saved first.</param>
    public Task RunAsync(IProgress<TrainingProgress>? progress = null, CancellationToken ct = default) => Task.Run(() => Run(progress, ct), CancellationToken.None);

    /// <summary>The best weights so far, by the names of <see cref="Result"/>. The caller disposes it.</summary>
    /// <exception cref="CheckpointException">There has been no validation yet.</exception>
    public TensorArchive OpenBest() => SafetensorsFile.Open(Options.BestPath);

    /// <summary>Writes the checkpoint now.</summary>
    /// <exception cref="AudioCraftException">The file cannot be written; the one before it stays.</exception>
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

    /// <summary>Releases what the training holds.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// One update of the weights: computes losses, their gradients, and lets optimizers step. It is called inside a dispose scope, with gradients enabled.
    /// </summary>
    /// <param name="update">0 for the first.</param>
    /// <param name="metrics">Takes values for the log.</param>
    protected abstract void TrainStep(long update, StepMetrics metrics);

    /// <summary>Measures the weights as they are; it must not change the state. It is called inside a dispose scope, without gradients.</summary>
    /// <param name="metrics">Takes values for the log, among them <see cref="TrainingOptions.BestMetric"/>.</param>
    /// <param name="ct">May stop it at any time.</param>
    protected abstract void Validate(StepMetrics metrics, CancellationToken ct);

    /// <summary>The weights that the training is for, by name: saved when they are the best. The tensors stay the solver's.</summary>
    protected abstract IReadOnlyDictionary<string, Tensor> Result();

    /// <summary>Called when a validation was the best so far, after the weights have been saved.</summary>
    protected virtual void OnBest() { }

    /// <summary>Called once before the first step, after a checkpoint, if there was one, has been restored.</summary>
    protected virtual void OnStart() { }

    /// <summary>Makes a module's parameters and buffers part of the state.</summary>
    /// <param name="name">Its name in the checkpoint, without <c>/</c>.</param>
    /// <param name="module">It stays the caller's.</param>
    protected void Register(string name, nn.Module module) => Register(name, new ModuleState(module));

    /// <summary>Makes something part of the state: an optimizer, an average of weights.</summary>
    /// <param name="name">Its name in the checkpoint, without <c>/</c>.</param>
    /// <param name="part">It stays the caller's.</param>
    /// <exception cref="ArgumentException">The name is taken, empty, or contains <c>/</c>.</exception>
    protected void Register(string name, IStateful part)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(part);
        if (name.Contains('/', StringComparison.Ordinal) || !parts.TryAdd(name, part))
        {
            throw new ArgumentException($"'{name}' cannot name a part of the state: it is taken, or contains '/'.", nameof(name));
        }
    }

    /// <summary>The seed of one purpose in one step.</summary>
    /// <param name="step">Which step.</param>
    /// <param name="purpose">1 or more; 0 is libtorch's default generator.</param>
    protected long SeedOf(long step, int purpose) => TrainingSeed.Of(Options.Seed, step, purpose);

    /// <summary>Releases what the training holds.</summary>
    /// <param name="disposing">Whether it is not the finalizer that calls.</param>
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
                $"The training went astray: '{name}' is {metrics.Means[name]} in step {Step}. Go on from {Options.CheckpointPath} with a lower learning rate.");
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

    private void ValidateNow(IProgress<TrainingProgress>? progress, CancellationToken ct)
    {
        var metrics = new StepMetrics();
        using (no_grad())
        using (NewDisposeScope())
        {
            Validate(metrics, ct);
        }

        var means = metrics.Means;
        if (!means.TryGetValue(Options.BestMetric, out var value))
        {
            throw new InvalidOperationException($"The validation gives no '{Options.BestMetric}', by which the best weights are to be chosen; it gives {string.Join(", ", means.Keys)}.");
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

    [LoggerMessage(Level = LogLevel.Debug, Message = "Step {Step} saved as {Path}.")]
    private static partial void LogSaved(ILogger logger, long step, string path);

    [LoggerMessage(Level = LogLevel.Information, Message = "Going on from step {Step} of {Path}.")]
    private static partial void LogRestored(ILogger logger, long step, string path);
}
