namespace AudioCraft.Training;

/// <summary>
/// The discriminator that a codec is trained against (Défossez et al. 2022, section 3.4; audiocraft's config/solver/compression): what it is, when it begins, and how much
/// it counts beside the losses on samples and spectra. The defaults are upstream's.
/// </summary>
public sealed record AdversaryOptions
{
    /// <summary>Makes the discriminator of a codec with this configuration: for its channels, with random weights from libtorch's default generator.</summary>
    public Func<EncodecConfig, MultiDiscriminator> Discriminator { get; init; } = codec => new MultiScaleSTFTDiscriminator(32, codec.Channels, sepChannels: codec.Channels == 1);

    /// <summary>What both strive for.</summary>
    public AdversarialCriterion Criterion { get; init; } = AdversarialCriterion.Hinge;

    /// <summary>Weight of the generator's loss against the discriminator, at least 0.</summary>
    public double Weight { get; init; } = 4;

    /// <summary>Weight of the distance of the discriminator's feature maps, at least 0; 0 leaves it out.</summary>
    public double FeatureWeight { get; init; } = 4;

    /// <summary>The first step in which it takes part, at least 0.</summary>
    public long StartAt { get; init; }

    /// <summary>The discriminator's own optimizer.</summary>
    public AdamWOptions Optimizer { get; init; } = new() { LearningRate = 3e-4, Beta1 = 0.5, Beta2 = 0.9 };

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Discriminator);
        ArgumentNullException.ThrowIfNull(Criterion);
        ArgumentNullException.ThrowIfNull(Optimizer);
        if (!(Weight >= 0) || !(FeatureWeight >= 0) || !(Weight + FeatureWeight > 0) || !double.IsFinite(Weight + FeatureWeight))
        {
            throw new ArgumentOutOfRangeException(nameof(Weight), Weight, $"The weights of an adversary are finite, 0 or more and not both 0; they are {Weight} and {FeatureWeight}.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(StartAt);
    }
}
