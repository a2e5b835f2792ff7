using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioCraft.Training.Tests.Solvers;

/// <summary>Fits a line to noise. It has every kind of training state: dropout, an optimizer with a schedule, and averaged weights.</summary>
internal sealed class ToySolver : Solver
{
    private readonly Linear first, last;
    private readonly AdamW optimizer;
    private readonly WeightAverage average;

    public ToySolver(TrainingOptions options) : base(options)
    {
        using var seeded = manual_seed(options.Seed);
        first = nn.Linear(3, 16);
        last = nn.Linear(16, 1);
        var parameters = first.named_parameters().Select(p => ("first." + p.name, p.parameter)).Concat(last.named_parameters().Select(p => ("last." + p.name, p.parameter)));
        optimizer = new AdamW(parameters, new AdamWOptions { LearningRate = 0.02, Schedule = new CosineSchedule(options.Steps + 6, 5), MaximumNorm = 10 });
        average = new WeightAverage(last, 0.9);
        Register("first", first);
        Register("last", last);
        Register("optimizer", optimizer);
        Register("average", average);
    }

    /// <summary>Called before each step.</summary>
    public Action<long>? BeforeStep { get; set; }

    public int BestSeen { get; private set; }

    public static void Train(TrainingOptions options, IProgress<TrainingProgress>? progress = null, Action<long>? beforeStep = null, CancellationToken cancellationToken = default)
    {
        using var solver = new ToySolver(options) { BeforeStep = beforeStep };
        solver.Run(progress, cancellationToken);
    }

    protected override void TrainStep(long update, StepMetrics metrics)
    {
        BeforeStep?.Invoke(update);
        using var generator = TrainingSeed.NewGenerator(Options.Seed, update, 1);
        var x = randn([8, 3], generator: generator);
        var kept = nn.functional.dropout(first.forward(x).relu(), 0.2);
        var loss = (last.forward(kept).squeeze(1) - x.sum(1)).pow(2).mean();
        loss.backward();
        metrics.Add("loss", loss);
        metrics.Add("norm", optimizer.Step());
        average.Update();
    }

    protected override void Validate(StepMetrics metrics, CancellationToken cancellationToken)
    {
        using var swapped = average.Swap();
        var x = arange(12, dtype: ScalarType.Float32).reshape(4, 3) * 0.1f;
        metrics.Add("loss", (last.forward(first.forward(x).relu()).squeeze(1) - x.sum(1)).pow(2).mean());
    }

    protected override IReadOnlyDictionary<string, Tensor> Result() => average.Weights;

    protected override void OnBest() => BestSeen++;

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            optimizer.Dispose();
            average.Dispose();
            first.Dispose();
            last.Dispose();
        }

        base.Dispose(disposing);
    }
}
