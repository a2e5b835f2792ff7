using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Conditioning;

/// <summary>
/// Leaves out conditions in training, so that a model learns to do without them (audiocraft/modules/conditioners.py). Decisions are made for a whole batch at once
/// and, with equal seeds, are those of upstream.
/// </summary>
public abstract class ConditionDropout : IDisposable
{
    /// <summary>The seed of upstream's dropouts.</summary>
    public const ulong UpstreamSeed = 1234;

    private readonly Generator generator;

    private protected ConditionDropout(ulong seed) => generator = new Generator(seed);

    /// <summary>The batch with conditions left out; what was given stays as it is. For training only: in evaluation nothing is left out.</summary>
    /// <param name="samples">What is known of each item.</param>
    public abstract IReadOnlyList<ConditioningAttributes> Apply(IReadOnlyList<ConditioningAttributes> samples);

    /// <summary>Releases the source of random numbers.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the source of random numbers.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            generator.Dispose();
        }
    }

    /// <summary>Whether a draw says to drop what has a probability.</summary>
    private protected bool Draws(double probability)
    {
        using var drawn = rand(1, generator: generator);
        return drawn.item<float>() < probability;
    }

    private protected static double Checked(double probability, string name) => probability is >= 0 and <= 1
        ? probability
        : throw new ArgumentOutOfRangeException(name, probability, "A probability from 0 to 1 is expected.");
}

/// <summary>Leaves out all conditions of a batch with a probability, for classifier-free guidance ("Classifier-Free Diffusion Guidance", Ho and Salimans 2022).</summary>
/// <param name="probability">0 to 1.</param>
/// <param name="seed">Seed of the decisions.</param>
public sealed class ClassifierFreeGuidanceDropout(double probability, ulong seed = ConditionDropout.UpstreamSeed) : ConditionDropout(seed)
{
    private readonly double probability = Checked(probability, nameof(probability));

    /// <inheritdoc/>
    public override IReadOnlyList<ConditioningAttributes> Apply(IReadOnlyList<ConditioningAttributes> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        return Draws(probability) ? [.. samples.Select(sample => sample.Without(_ => true))] : samples;
    }
}

/// <summary>Leaves out each condition of a batch with a probability of its own.</summary>
/// <param name="probabilities">0 to 1 by the condition's name; a draw is made for each, in this order.</param>
/// <param name="seed">Seed of the decisions.</param>
public sealed class AttributeDropout(IReadOnlyList<KeyValuePair<string, double>> probabilities, ulong seed = ConditionDropout.UpstreamSeed) : ConditionDropout(seed)
{
    private readonly List<KeyValuePair<string, double>> probabilities = [.. probabilities.Select(pair => KeyValuePair.Create(pair.Key, Checked(pair.Value, nameof(probabilities))))];

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A condition that is drawn for is none of an item's.</exception>
    public override IReadOnlyList<ConditioningAttributes> Apply(IReadOnlyList<ConditioningAttributes> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        var dropped = probabilities.Where(pair => Draws(pair.Value)).Select(pair => pair.Key).ToHashSet();
        foreach (var sample in samples)
        {
            var unknown = dropped.Where(name => !sample.Text.ContainsKey(name)).ToList();
            if (unknown.Count > 0)
            {
                throw new ArgumentException($"An item has no condition '{unknown[0]}'; it has {string.Join(", ", sample.Text.Keys)}.", nameof(samples));
            }
        }

        return dropped.Count == 0 ? samples : [.. samples.Select(sample => sample.Without(dropped.Contains))];
    }
}
