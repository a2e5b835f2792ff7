using AudioCraft.Checkpoints;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// Trains an <see cref="EncodecModel"/> (Défossez et al. 2022, section 3.4; audiocraft/solvers/compression.py): losses on samples, spectra and discriminator outputs with balanced gradients,
/// the commitment penalty of the quantizer, and codebooks updated by moving averages. The result is the moving average of the weights.
/// </summary>
public sealed class CompressionSolver : Solver
{
    private const int CodebookPurpose = 1, QuantizerPurpose = 2;

    private readonly CompressionTrainingOptions options;
    private readonly AudioDataset validation;
    private readonly Prefetcher<AudioBatch> batches;
    private readonly EncodecModel model;
    private readonly AdamW optimizer;
    private readonly WeightAverage average;
    private readonly Balancer balancer;
    private readonly CodecLosses losses;
    private readonly CodecMeasurement measurement;
    private readonly Device device;

    /// <param name="options">Model and training options.</param>
    /// <param name="training">Training data, with the sample rate and channels of the model.</param>
    /// <param name="validation">Validation data, of which the first batches are used.</param>
    /// <param name="device">Device of the model; null for the CPU.</param>
    /// <param name="logger">Logs checkpoints and problems; null for no logging.</param>
    /// <exception cref="ArgumentException">An option is out of range, or a dataset has another sample rate or number of channels than the model.</exception>
    public CompressionSolver(CompressionTrainingOptions options, AudioDataset training, AudioDataset validation, Device? device = null, ILogger? logger = null)
        : base((options ?? throw new ArgumentNullException(nameof(options))).Training, logger)
    {
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(validation);
        options.Validate();
        options.Model.Validate();
        RequireFitting(options.Model, training.Options, nameof(training));
        RequireFitting(options.Model, validation.Options, nameof(validation));
        this.options = options;
        this.validation = validation;
        this.device = device ?? CPU;
        batches = new Prefetcher<AudioBatch>(training.Batch);
        using var seeded = manual_seed(SeedOf(0, CodebookPurpose));

        // The solver chooses the number of codebooks of a step.
        model = new EncodecModel(options.Model with { Quantizer = options.Model.Quantizer with { CodebookDropout = false } }, training: true);
        options.Initializer?.Initialize(model, training);
        model.to(this.device);
        optimizer = new AdamW(model.named_parameters(), options.Optimizer);
        average = new WeightAverage(model, options.AverageDecay, include: name => !name.EndsWith(".inited", StringComparison.Ordinal));
        losses = new CodecLosses(options, this.device);
        balancer = new Balancer(losses.Weights);
        measurement = new CodecMeasurement(options.Model.SampleRate);
        Register("model", model);
        Register("optimizer", optimizer);
        Register("average", average);
        Register("balancer", balancer);
        foreach (var (name, part) in losses.State)
        {
            Register(name, part);
        }
    }

    /// <summary>The codec that is trained. Its averaged weights are exported.</summary>
    public EncodecModel Model => model;

    /// <summary>Writes the best weights so far as the codec of a checkpoint directory: what <see cref="CompressionModel"/>.GetPretrained loads.</summary>
    /// <param name="directory">Created if it does not exist; a language model in it is kept.</param>
    /// <exception cref="AudioCraftException">There are no best weights yet, or a file cannot be written.</exception>
    public void Export(string directory)
    {
        using var best = OpenBest();
        var weights = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        try
        {
            foreach (var name in best.Tensors.Keys)
            {
                weights.Add(name, best.Read(name));
            }

            CheckpointWriter.WriteModel(directory, AudioCraftCheckpoint.CompressionModelName, EncodecConfigText.Write(options.Model), weights);
        }
        finally
        {
            foreach (var weight in weights.Values)
            {
                weight.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    protected override void TrainStep(long update, StepMetrics metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        if (update == options.FreezeCodesAfter)
        {
            TakeAverages();
        }

        if (update == options.QuantizeAfter)
        {
            Cluster(update);
        }

        using var batch = batches.Get(update);
        var x = batch.Wav.to(device);
        var (y, penalty) = update >= options.FreezeCodesAfter ? (Decoded(x, update), null)
            : update < options.QuantizeAfter ? (model.Decoder.call(model.Encoder.call(x)).narrow(2, 0, x.size(2)), null)
            : Quantized(x, update);
        var current = losses.Train(y, x, update, metrics);
        using Scalar commitment = options.CommitmentWeight;
        var weighted = penalty is { requires_grad: true } ? penalty.mul(commitment) : null;
        metrics.Add("loss", balancer.Backward(current, y, weighted));
        options.Initializer?.MaskGradients(model);
        if (penalty is not null)
        {
            metrics.Add("penalty", penalty);
        }

        metrics.Add("lr", optimizer.LearningRate);
        metrics.Add("grad_norm", optimizer.Step());
        average.Update();
    }

    /// <inheritdoc/>
    protected override void Validate(StepMetrics metrics, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        using var swapped = average.Swap();
        model.eval();
        try
        {
            measurement.Begin();
            for (var number = 0; number < options.ValidationBatches; number++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                using var batch = validation.Batch(number);
                var x = batch.Wav.to(device);
                var y = measurement.Add(model, x, metrics);
                losses.Measure(y, x, metrics);
            }

            measurement.End(metrics);
        }
        finally
        {
            model.train();
        }
    }

    /// <inheritdoc/>
    protected override IReadOnlyDictionary<string, Tensor> Result()
    {
        var weights = model.state_dict();
        foreach (var (name, mean) in average.Weights)
        {
            // Frozen weights stay bit-identical, which their average need not be.
            if (!(Step > options.FreezeCodesAfter && IsFrozen(name)))
            {
                weights[name] = mean;
            }
        }

        return weights;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            batches.Dispose();
            optimizer.Dispose();
            average.Dispose();
            model.Dispose();
            measurement.Dispose();
            losses.Dispose();
        }

        base.Dispose(disposing);
    }

    private static void RequireFitting(EncodecConfig model, AudioDatasetOptions data, string name)
    {
        if (data.SampleRate != model.SampleRate || data.Channels != model.Channels)
        {
            throw new ArgumentException(
                $"The dataset has {data.Channels} channels at {data.SampleRate} Hz; the codec has {model.Channels} at {model.SampleRate} Hz.", name);
        }
    }

    private (Tensor Y, Tensor? Penalty) Quantized(Tensor x, long update)
    {
        using var generator = TrainingSeed.NewGenerator(Options.Seed, update, QuantizerPurpose);
        model.Quantizer.Generator = generator;
        model.SetNumCodebooks(Codebooks(update));
        try
        {
            var result = model.forward(x);
            return (result.X, result.Penalty);
        }
        finally
        {
            model.SetNumCodebooks(model.TotalCodebooks);
            model.Quantizer.Generator = null;
        }
    }

    /// <summary>Decodes frozen codes, with gradients for the decoder only.</summary>
    private Tensor Decoded(Tensor x, long update)
    {
        Tensor latent;
        using (no_grad())
        {
            model.SetNumCodebooks(Codebooks(update));
            var codes = model.Quantizer.Encode(model.Encoder.call(x));
            model.SetNumCodebooks(model.TotalCodebooks);
            latent = model.Quantizer.Decode(codes);
        }

        return model.Decoder.call(latent).narrow(2, 0, x.size(2));
    }

    private static bool IsFrozen(string name) => !name.StartsWith("decoder.", StringComparison.Ordinal);

    private void TakeAverages()
    {
        using var guard = no_grad();
        var own = model.state_dict();
        foreach (var (name, mean) in average.Weights.Where(w => IsFrozen(w.Key)))
        {
            own[name].copy_(mean);
        }
    }

    private int Codebooks(long update)
    {
        if (!options.Model.Quantizer.CodebookDropout)
        {
            return model.TotalCodebooks;
        }

        var random = TrainingSeed.NewRandom(Options.Seed, update, CodebookPurpose);
        return random.Uniform() < options.CodebookDropoutShare ? 1 + (int)random.Below(model.TotalCodebooks) : model.TotalCodebooks;
    }

    /// <summary>Initializes the codebooks from the frames of several batches.</summary>
    private void Cluster(long update)
    {
        if (!options.Model.Quantizer.KMeansInit || (options.ClusterBatches == 1 && update == 0))
        {
            return;
        }

        using var guard = no_grad();
        using var scope = NewDisposeScope();
        using var generator = TrainingSeed.NewGenerator(Options.Seed, update, QuantizerPurpose);
        var latents = new List<Tensor>();
        for (var i = 0; i < options.ClusterBatches; i++)
        {
            using var batch = batches.Get(update + i);
            latents.Add(model.Encoder.call(batch.Wav.to(device)));
        }

        model.Quantizer.Generator = generator;
        CodebookClusters.Initialize(model, cat(latents, 0), options.Initializer);
        model.Quantizer.Generator = null;
    }
}
