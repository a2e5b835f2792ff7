using AudioCraft.Conditioning;
using Microsoft.Extensions.Logging;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// Trains a language model and its text encoder (audiocraft/solvers/musicgen.py and audiogen.py): cross entropy of each codebook under the model's
/// pattern, dropped texts for guidance, AdamW, and a moving average of the weights (<see cref="Averaged"/>), which is validated.
/// </summary>
public sealed class LanguageModelSolver : Solver
{
    /// <summary>Purposes of the random numbers of a step.</summary>
    private const int Order = 1, Draws = 2;

    private readonly List<LMModel> copies = [];
    private readonly CodeDataset train;
    private readonly CodeDataset? valid;
    private readonly SharedWeights weights;
    private readonly AdamW optimizer;
    private readonly WeightAverage average;
    private readonly WorkerThreads workers;

    /// <summary>Views of the averaged weights, by parameter name.</summary>
    private readonly Dictionary<string, Tensor> result;
    private readonly WordDropout wordDropout;
    private readonly WordRotation wordRotation;
    private readonly UnknownWords unknownWords;
    private readonly HistoryNoise historyNoise;
    private readonly double[]? shares;
    private (long Epoch, int[] Places) order = (-1, []);

    /// <param name="newModel">Creates the model; called once per worker. All models have the same configuration; training starts from the weights of the first. The solver disposes them.</param>
    /// <param name="train">Training data.</param>
    /// <param name="valid">Validation data; null to validate on the training data.</param>
    /// <param name="options">Directory, steps, seed and intervals.</param>
    /// <param name="language">Batches, optimizer and conditions.</param>
    /// <param name="logger">Logs checkpoints and problems; null for no logging.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the codes do not match the model.</exception>
    public LanguageModelSolver(
        Func<LMModel> newModel, CodeDataset train, CodeDataset? valid, TrainingOptions options, LanguageModelOptions language, ILogger? logger = null)
        : base(options, logger)
    {
        ArgumentNullException.ThrowIfNull(newModel);
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(language);
        language.Validate();
        (this.train, this.valid, Language) = (train, valid, language);
        for (var i = 0; i < Math.Min(language.Workers, language.BatchSize); i++)
        {
            copies.Add(newModel());
            copies[i].train();
            foreach (var conditioner in Conditioners(copies[i]))
            {
                conditioner.FineTune = language.FineTuneTextEncoder;
            }
        }

        foreach (var data in valid is null ? [train] : new[] { train, valid })
        {
            ValidateCodes(data);
        }

        if (language.CodebookWeights is { } each)
        {
            shares = each.Count == Model.NumCodebooks
                ? [.. each.Select(weight => weight / each.Sum())]
                : throw new ArgumentException($"There are {each.Count} codebook weights for a model with {Model.NumCodebooks} codebooks.", nameof(language));
        }

        weights = new SharedWeights([.. copies.Select(Learning)]);
        optimizer = new AdamW([("weights", weights.Vector)], language.Optimizer);
        average = new WeightAverage(weights, language.AverageDecay);
        result = weights.Parts(average.Weights.Single().Value);
        workers = new WorkerThreads(copies.Count);
        wordDropout = new WordDropout(language.WordDropout);
        wordRotation = new WordRotation(language.WordRotation);
        unknownWords = new UnknownWords(language.UnknownWords);
        historyNoise = new HistoryNoise(language.HistoryNoise);
        Register("weights", weights);
        Register("optimizer", optimizer);
        Register("average", average);
    }

    /// <summary>Batches, optimizer and conditions.</summary>
    public LanguageModelOptions Language { get; }

    /// <summary>The model, with the weights of the last step. The solver disposes it.</summary>
    public LMModel Model => copies[0];

    /// <summary>Puts the averaged weights into <see cref="Model"/> until the result is disposed.</summary>
    public IDisposable Averaged() => average.Swap();

    /// <inheritdoc/>
    protected override void TrainStep(long update, StepMetrics metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        var each = Run(BatchOf(update), learns: true);
        weights.SumGradients();
        metrics.Add("lr", optimizer.LearningRate);
        metrics.Add("grad_norm", optimizer.Step());
        average.Update();
        Add(metrics, each, 1);
    }

    /// <summary>In addition to the losses, <c>text_gain</c> is the difference of the loss without and with texts.</summary>
    /// <inheritdoc/>
    protected override void Validate(StepMetrics metrics, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        var data = valid ?? train;
        using var averaged = Averaged();
        foreach (var items in data.Items.Take(valid is null ? 4 * Language.BatchSize : int.MaxValue).Chunk(Language.BatchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var batch = CodeBatch.Of(items, Language.Frames, Model.SpecialToken, (_, _) => 0, i => items[i].Descriptions is [var text, ..] ? text : null);
            var each = Run(batch, learns: false);
            Add(metrics, each, items.Length);
            if (batch.Texts.Any(text => text is not null))
            {
                var without = Run(batch with { Texts = new string?[items.Length] }, learns: false);
                metrics.Add("text_gain", without.Average() - each.Average(), items.Length);
            }
        }
    }

    /// <inheritdoc/>
    protected override IReadOnlyDictionary<string, Tensor> Result() => result;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            workers.Dispose();
            foreach (var part in result.Values)
            {
                part.Dispose();
            }

            average.Dispose();
            optimizer.Dispose();
            weights.Dispose();
            foreach (var copy in copies)
            {
                copy.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    internal static IEnumerable<T5Conditioner> Conditioners(LMModel model) =>
        model.Conditioners.Values.OfType<T5Conditioner>();

    /// <summary>The trained parameters by name: those of the model, and of its text encoders if they are trained.</summary>
    private List<(string Name, Parameter Parameter)> Learning(LMModel model)
    {
        var own = model.named_parameters().Select(p => (p.name, p.parameter)).ToList();
        if (Language.FineTuneTextEncoder)
        {
            foreach (var (name, conditioner) in model.Conditioners)
            {
                if (conditioner is T5Conditioner t5)
                {
                    own.AddRange(t5.TextEncoder.Encoder.named_parameters().Select(p => ($"text_encoder.{name}.{p.name}", p.parameter)));
                }
            }
        }

        return own;
    }

    private static void Add(StepMetrics metrics, double[] each, double weight)
    {
        metrics.Add("loss", each.Average(), weight);
        for (var k = 0; k < each.Length; k++)
        {
            metrics.Add($"ce_q{k + 1}", each[k], weight);
        }
    }

    /// <summary>Computes the cross entropy of each codebook, and the gradients if it <paramref name="learns"/>.</summary>
    private double[] Run(CodeBatch batch, bool learns)
    {
        var counts = SequenceCrossEntropy.Arrange(Model, batch).Counts;
        var parts = Math.Min(copies.Count, batch.Texts.Count);
        var sums = new double[copies.Count][];
        if (learns)
        {
            weights.ZeroGradients();
        }

        workers.Run(part =>
        {
            sums[part] = new double[counts.Length];
            if (part >= parts)
            {
                return;
            }

            using var mode = learns ? enable_grad() : no_grad();
            using var scope = NewDisposeScope();
            var from = batch.Texts.Count * part / parts;
            var own = batch.Part(from, (batch.Texts.Count * (part + 1) / parts) - from);
            var (loss, each) = SequenceCrossEntropy.Compute(copies[part], own, counts, Language.Precision, shares);
            sums[part] = each;
            if (learns)
            {
                loss.backward();
            }
        });
        return [.. Enumerable.Range(0, counts.Length).Select(k => sums.Sum(own => own[k]))];
    }

    private CodeBatch BatchOf(long step)
    {
        var items = Enumerable.Range(0, Language.BatchSize).Select(i => train.Items[Place((step * Language.BatchSize) + i)]).ToList();
        var frames = Language.EarlyFrames > 0 && step < Language.EarlyPart * Options.Steps ? Math.Min(Language.EarlyFrames, Language.Frames) : Language.Frames;
        var random = new SeededRandom((ulong)SeedOf(step, Draws));
        var batch = CodeBatch.Of(items, frames, Model.SpecialToken, (_, spare) => Language.RandomStart ? (int)random.Below(spare + 1) : 0, i => Text(items[i], random));
        return batch with { Inputs = historyNoise.Apply(batch.Codes, items.Count, Model.NumCodebooks, Model.SpecialToken, random.Below(long.MaxValue)) };
    }

    private string? Text(CodeItem item, SeededRandom random)
    {
        var (dropped, which, seed, unknown) = (random.Uniform(), random.Uniform(), random.Below(long.MaxValue), random.Below(long.MaxValue));
        return item.Descriptions.Count == 0 || dropped < Language.ConditionDropout
            ? null
            : unknownWords.Apply(wordRotation.Apply(wordDropout.Apply(item.Descriptions[(int)(which * item.Descriptions.Count)], seed), ~seed), unknown);
    }

    /// <summary>Each item occurs once per epoch, in a random order.</summary>
    private int Place(long count)
    {
        var (epoch, at) = Math.DivRem(count, train.Items.Count);
        if (order.Epoch != epoch)
        {
            order = (epoch, new SeededRandom((ulong)SeedOf(epoch, Order)).Permutation(train.Items.Count));
        }

        return order.Places[at];
    }

    private void ValidateCodes(CodeDataset data)
    {
        var highest = data.Items.Max(item => item.Codes.Span.ToArray().Max());
        if (data.NumCodebooks != Model.NumCodebooks || highest >= Model.Config.Cardinality)
        {
            throw new ArgumentException(
                $"The dataset has {data.NumCodebooks} codebooks with codes up to {highest}; the model has {Model.NumCodebooks} codebooks of {Model.Config.Cardinality} entries.", nameof(data));
        }
    }
}
