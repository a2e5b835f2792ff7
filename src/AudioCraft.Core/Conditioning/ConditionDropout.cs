using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Conditioning;

/// <summary>
/// Drops conditions in training, so that a model learns to predict without them (audiocraft/modules/conditioners.py). One decision applies to a whole batch.
/// With the same seed the decisions equal upstream's.
/// </summary>
public abstract class ConditionDropout : IDisposable
{
    /// <summary>The seed that upstream uses.</summary>
    public const ulong UpstreamSeed = 1234;

    private readonly Generator generator;

    private protected ConditionDropout(ulong seed) => generator = new Generator(seed);

    /// <summary>Returns the batch with conditions dropped. The argument is not changed. For training only.</summary>
    /// <param name="samples">The attributes of each item.</param>
    public abstract IReadOnlyList<ConditioningAttributes> Apply(IReadOnlyList<ConditioningAttributes> samples);

    /// <summary>Disposes of the random generator.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Disposes of the random generator.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            generator.Dispose();
        }
    }

    /// <summary>Samples true with a probability.</summary>
    private protected bool Sample(double probability)
    {
        using var uniform = rand(1, generator: generator);
        return uniform.item<float>() < probability;
    }

    private protected static double Checked(double probability, string name) => probability is >= 0 and <= 1
        ? probability
        : throw new ArgumentOutOfRangeException(name, probability, "A probability from 0 to 1 is expected.");
}

/// <summary>Drops all conditions of a batch with a probability, which classifier-free guidance requires ("Classifier-Free Diffusion Guidance", Ho and Salimans 2022).</summary>
/// <param name="probability">The probability, 0 to 1.</param>
/// <param name="seed">Seed of the random generator.</param>
public sealed class ClassifierFreeGuidanceDropout(double probability, ulong seed = ConditionDropout.UpstreamSeed) : ConditionDropout(seed)
{
    private readonly double probability = Checked(probability, nameof(probability));

    /// <inheritdoc/>
    public override IReadOnlyList<ConditioningAttributes> Apply(IReadOnlyList<ConditioningAttributes> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        return Sample(probability) ? [.. samples.Select(sample => sample.Without(_ => true))] : samples;
    }
}

/// <summary>Drops each condition of a batch with its own probability.</summary>
/// <param name="probabilities">Probabilities, 0 to 1, by the condition's name. They are sampled in this order.</param>
/// <param name="seed">Seed of the random generator.</param>
public sealed class AttributeDropout(IReadOnlyList<KeyValuePair<string, double>> probabilities, ulong seed = ConditionDropout.UpstreamSeed) : ConditionDropout(seed)
{
    private readonly List<KeyValuePair<string, double>> probabilities = [.. probabilities.Select(pair => KeyValuePair.Create(pair.Key, Checked(pair.Value, nameof(probabilities))))];

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">An item does not have a dropped condition.</exception>
    public override IReadOnlyList<ConditioningAttributes> Apply(IReadOnlyList<ConditioningAttributes> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        var dropped = probabilities.Where(pair => Sample(pair.Value)).Select(pair => pair.Key).ToHashSet();
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
