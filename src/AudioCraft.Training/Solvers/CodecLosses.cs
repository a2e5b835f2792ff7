using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>What a codec in training loses: on samples, on spectra, and against a discriminator that learns beside it.</summary>
internal sealed class CodecLosses : IDisposable
{
    private const string AdversarialName = "adv", FeaturesName = "feat";
    private readonly Dictionary<string, AudioLoss> losses = [];
    private readonly Dictionary<string, double> weights = [];
    private readonly AdversaryOptions? adversary;
    private readonly AdversarialLoss? against;
    private readonly AdamW? optimizer;

    /// <summary>Makes the losses that have a weight. The discriminator's first weights are drawn from libtorch's default generator.</summary>
    public CodecLosses(CompressionTrainingOptions options, Device device)
    {
        var rate = options.Model.SampleRate;
        Add("l1", options.L1Weight, () => new L1Loss());
        Add("msspec", options.MelWeight, () => new MultiScaleMelSpectrogramLoss(rate, options.MelRangeStart, options.MelRangeEnd, fMin: 64, normalized: true, alphas: false));

        // Without the division, what lies 80 dB below the loudest would count as much as what is heard.
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

    /// <summary>Of each loss by its name.</summary>
    public IReadOnlyDictionary<string, double> Weights => weights;

    /// <summary>What makes up their state, by name.</summary>
    public IEnumerable<(string Name, IStateful Part)> State => against is null ? [] : [("adversary", new ModuleState(against.Adversary)), ("adversary_optimizer", optimizer!)];

    /// <summary>The losses of a step, with gradients. Where a discriminator takes part, it learns first.</summary>
    /// <param name="y">What the codec made, [B, C, T].</param>
    /// <param name="x">The sounds, [B, C, T].</param>
    /// <param name="update">Which step.</param>
    /// <param name="metrics">Takes the values.</param>
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

    /// <summary>Adds the losses on samples and spectra, and their weighted sum as <c>loss</c>, to what is measured.</summary>
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
