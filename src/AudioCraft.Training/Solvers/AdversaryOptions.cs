namespace AudioCraft.Training;

/// <summary>
/// The discriminator of an adversarial codec training (Défossez et al. 2022, section 3.4; audiocraft's config/solver/compression): architecture, first step and
/// loss weights. The defaults are upstream's.
/// </summary>
public sealed record AdversaryOptions
{
    /// <summary>Creates the discriminator for a codec configuration, with random weights from libtorch's default generator.</summary>
    public Func<EncodecConfig, MultiDiscriminator> Discriminator { get; init; } = codec => new MultiScaleSTFTDiscriminator(32, codec.Channels, sepChannels: codec.Channels == 1);

    /// <summary>The adversarial losses of generator and discriminator.</summary>
    public AdversarialCriterion Criterion { get; init; } = AdversarialCriterion.Hinge;

    /// <summary>Weight of the adversarial loss of the generator, at least 0.</summary>
    public double Weight { get; init; } = 4;

    /// <summary>Weight of the feature matching loss, at least 0; 0 disables it.</summary>
    public double FeatureWeight { get; init; } = 4;

    /// <summary>First step with the discriminator, at least 0.</summary>
    public long StartAt { get; init; }

    /// <summary>Optimizer of the discriminator.</summary>
    public AdamWOptions Optimizer { get; init; } = new() { LearningRate = 3e-4, Beta1 = 0.5, Beta2 = 0.9 };

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Discriminator);
        ArgumentNullException.ThrowIfNull(Criterion);
        ArgumentNullException.ThrowIfNull(Optimizer);
        if (!(Weight >= 0) || !(FeatureWeight >= 0) || !(Weight + FeatureWeight > 0) || !double.IsFinite(Weight + FeatureWeight))
        {
            throw new ArgumentOutOfRangeException(nameof(Weight), Weight, $"The weights of the adversarial losses must be finite, at least 0 and not both 0; they are {Weight} and {FeatureWeight}.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(StartAt);
    }
}
