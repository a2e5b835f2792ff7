using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>The losses of a codec training: on samples, on spectra, and adversarial losses with a discriminator that is trained as well.</summary>
internal sealed class CodecLosses : IDisposable
{
    private const string AdversarialName = "adv", FeaturesName = "feat";
    private readonly Dictionary<string, AudioLoss> losses = [];
    private readonly Dictionary<string, double> weights = [];
    private readonly AdversaryOptions? adversary;
    private readonly AdversarialLoss? against;
    private readonly AdamW? optimizer;

    /// <summary>Creates the losses with a weight above 0. The initial weights of the discriminator come from libtorch's default generator.</summary>
    public CodecLosses(CompressionTrainingOptions options, Device device)
    {
        var rate = options.Model.SampleRate;
        Add("l1", options.L1Weight, () => new L1Loss());
        Add("msspec", options.MelWeight, () => new MultiScaleMelSpectrogramLoss(rate, options.MelRangeStart, options.MelRangeEnd, fMin: 64, normalized: true, alphas: false));

        // Without the division, components 80 dB below the loudest would count as much as audible ones.
        Add("mrstft", options.StftWeight, () => new MRSTFTLoss(normalized: true));
        if (options.Adversary is not { } chosen)
        {
            return;
        }

        adversary = chosen;
        var discriminator = chosen.Discriminator(options.Model);
        discriminator.to(device);
        optimizer = new AdamW(discriminator.named_parameters(), chosen.Optimizer);
        against = new AdversarialLoss(discriminator, optimizer, chosen.Criterion, chosen.FeatureWeight > 0 ? new FeatureMatchingLoss() : null);
        weights.Add(AdversarialName, chosen.Weight);
        weights.Add(FeaturesName, chosen.FeatureWeight);
    }

    /// <summary>Weight of each loss by name.</summary>
    public IReadOnlyDictionary<string, double> Weights => weights;

    /// <summary>The state to save, by name.</summary>
    public IEnumerable<(string Name, IStateful Part)> State => against is null ? [] : [("adversary", new ModuleState(against.Adversary)), ("adversary_optimizer", optimizer!)];

    /// <summary>The losses of a step, with gradients. The discriminator is updated first.</summary>
    /// <param name="y">Output of the codec, [B, C, T].</param>
    /// <param name="x">Input of the codec, [B, C, T].</param>
    /// <param name="update">Number of the step.</param>
    /// <param name="metrics">Receives the values.</param>
    public Dictionary<string, Tensor> Train(Tensor y, Tensor x, long update, StepMetrics metrics)
    {
        var current = losses.ToDictionary(l => l.Key, l => l.Value.call(y, x));
        if (against is not null && update >= adversary!.StartAt)
        {
            metrics.Add("disc", against.TrainAdversary(y, x));
            var (adversarial, features) = against.forward(y, x);
            current.Add(AdversarialName, adversarial);
            if (adversary.FeatureWeight > 0)
            {
                current.Add(FeaturesName, features);
            }
        }

        foreach (var (name, loss) in current)
        {
            metrics.Add(name, loss);
        }

        return current;
    }

    /// <summary>Adds the losses on samples and spectra, and their weighted sum as <c>loss</c>, to the metrics.</summary>
    public void Measure(Tensor y, Tensor x, StepMetrics metrics)
    {
        var total = 0.0;
        foreach (var (name, loss) in losses)
        {
            var value = loss.call(y, x).item<float>();
            total += weights[name] * value;
            metrics.Add(name, value);
        }

        metrics.Add("loss", total);
    }

    public void Dispose()
    {
        foreach (var loss in losses.Values)
        {
            loss.Dispose();
        }

        against?.Dispose();
        optimizer?.Dispose();
    }

    private void Add(string name, double weight, Func<AudioLoss> make)
    {
        if (weight > 0)
        {
            losses.Add(name, make());
            weights.Add(name, weight);
        }
    }
}
