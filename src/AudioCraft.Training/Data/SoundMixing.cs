using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// Augmentation by mixing (AudioGen, Kreuk et al. 2022, section 3.3; audiocraft/data/sound_dataset.py): a sound is added to another at a random level and time,
/// and their descriptions are joined. Unlike upstream, which returns only the mixed items or a part of the batch, the batch keeps its size, and items that are not mixed stay unchanged.
/// </summary>
public sealed record SoundMixing
{
    /// <summary>Probability that a batch is mixed (<c>aug_p</c>), 0 to 1.</summary>
    public double Probability { get; init; } = 0.5;

    /// <summary>Share of the items of such a batch that become mixtures (<c>mix_p</c>), 0 to 1.</summary>
    public double Share { get; init; } = 0.5;

    /// <summary>Minimum level of the first sound relative to the second, in decibels.</summary>
    public double LowestRatio { get; init; } = -5;

    /// <summary>Maximum level of the first sound relative to the second, in decibels.</summary>
    public double HighestRatio { get; init; } = 5;

    /// <summary>Minimum overlap of the two sounds as a share of the first, 0 to 1.</summary>
    public double MinimumOverlap { get; init; } = 0.5;

    /// <summary>Minimum level of a mixture, in decibels relative to full scale.</summary>
    public double LowestLevel { get; init; } = -35;

    /// <summary>Maximum level of a mixture, in decibels relative to full scale. Peaks stay below 0.99.</summary>
    public double HighestLevel { get; init; } = -15;

    private const double PartLevel = -25, HighestPeak = 0.99, Least = 1e-8;

    internal void Validate()
    {
        Require(Probability is >= 0 and <= 1, nameof(Probability), Probability, "0 to 1");
        Require(Share is >= 0 and <= 1, nameof(Share), Share, "0 to 1");
        Require(LowestRatio <= HighestRatio, nameof(LowestRatio), LowestRatio, $"at most HighestRatio, {HighestRatio},");
        Require(MinimumOverlap is >= 0 and <= 1, nameof(MinimumOverlap), MinimumOverlap, "0 to 1");
        Require(LowestLevel <= HighestLevel && HighestLevel <= 0, nameof(LowestLevel), LowestLevel, $"at most HighestLevel, {HighestLevel}, which is at most 0,");
    }

    /// <summary>The joined description of a mixture; equal descriptions are not repeated.</summary>
    /// <param name="first">Description of the first sound, or null.</param>
    /// <param name="second">Description of the second sound, or null.</param>
    public static string? Join(string? first, string? second) =>
        first is null || second is null || first == second ? first ?? second : $"{first} {second}";

    /// <summary>Mixes some items of a batch with others, in place.</summary>
    internal AudioBatch Apply(AudioBatch batch, SeededRandom random)
    {
        var items = (int)batch.Wav.size(0);
        if (items < 2 || random.Uniform() >= Probability)
        {
            return batch;
        }

        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var originals = batch.Wav.clone();
        var descriptions = batch.Descriptions.ToArray();
        var lengths = batch.Lengths.ToArray();
        var order = random.Permutation(items);
        for (var i = 0; i < (int)(Share * items); i++)
        {
            // The next item in a random order, never the item itself.
            var (first, second) = (order[i], order[(i + 1) % items]);
            var (mixture, length) = Mix(originals[first], batch.Lengths[first], originals[second], batch.Lengths[second], random);
            batch.Wav[first].copy_(mixture);
            descriptions[first] = Join(batch.Descriptions[first], batch.Descriptions[second]);
            lengths[first] = length;
        }

        return batch with { Descriptions = descriptions, Lengths = lengths };
    }

    // [C, T] each, padded with zeros.
    private (Tensor Mixture, int Length) Mix(Tensor first, int firstLength, Tensor second, int secondLength, SeededRandom random)
    {
        var total = (int)first.size(1);
        var start = (int)random.Below((long)(total * (1 - MinimumOverlap)) + 1);
        var ratio = LowestRatio + (random.Uniform() * (HighestRatio - LowestRatio));
        var level = LowestLevel + (random.Uniform() * (HighestLevel - LowestLevel));
        using Scalar firstFactor = Amplitude(PartLevel) / (Level(first) + Least), secondFactor = Amplitude(PartLevel - ratio) / (Level(second) + Least);
        var mixture = first.mul(firstFactor);
        mixture.narrow(1, start, total - start).add_(second.narrow(1, 0, total - start), secondFactor);
        using Scalar factor = Amplitude(level) / (Level(mixture) + Least);
        mixture.mul_(factor);
        using Scalar limit = HighestPeak / Math.Max(HighestPeak, mixture.abs().max().item<float>());
        return (mixture.mul_(limit), Math.Min(total, Math.Max(firstLength, start + secondLength)));
    }

    private static double Amplitude(double decibels) => Math.Pow(10, decibels / 20);

    private static double Level(Tensor wav) => wav.pow(Scalars.Two).mean().sqrt().item<float>();

    private static void Require(bool condition, string name, double value, string expected)
    {
        if (!condition)
        {
            throw new ArgumentOutOfRangeException(name, value, $"Mixing: {name} is {value}; {expected} was expected.");
        }
    }
}
