using AudioCraft.Codecs;

namespace AudioCraft.Training;

/// <summary>How a codec is trained; the defaults are those of EnCodec in upstream (config/solver/compression/default.yaml), without its discriminator.</summary>
public sealed record CompressionTrainingOptions
{
    /// <summary>Directory, steps, seed and intervals.</summary>
    public required TrainingOptions Training { get; init; }

    /// <summary>The codec's shape.</summary>
    public required EncodecConfig Model { get; init; }

    /// <summary>The optimizer of the codec.</summary>
    public AdamWOptions Optimizer { get; init; } = new() { LearningRate = 3e-4, Beta1 = 0.5, Beta2 = 0.9 };

    /// <summary>Weight of the mean absolute difference of the samples, at least 0.</summary>
    public double L1Weight { get; init; } = 0.1;

    /// <summary>Weight of the multi-scale mel loss, at least 0.</summary>
    public double MelWeight { get; init; } = 2;

    /// <summary>Weight of the multi-resolution STFT loss, at least 0.</summary>
    public double StftWeight { get; init; }

    /// <summary>The discriminator that the codec is trained against, or null for none.</summary>
    public AdversaryOptions? Adversary { get; init; }

    /// <summary>Weight of the quantizer's penalty, which is not balanced, at least 0.</summary>
    public double CommitmentWeight { get; init; } = 1;

    /// <summary>The shortest window of the mel loss has 2 to this power samples.</summary>
    public int MelRangeStart { get; init; } = 6;

    /// <summary>The longest window of the mel loss has 2 to the power before this samples.</summary>
    public int MelRangeEnd { get; init; } = 11;

    /// <summary>
    /// Share of the steps in which a model with <see cref="QuantizerConfig.CodebookDropout"/> uses a random number of its codebooks, 0 to 1; the others use all. Upstream: 1.
    /// </summary>
    public double CodebookDropoutShare { get; init; } = 1;

    /// <summary>
    /// So many steps go without the quantizer, at least 0; its codebooks then begin with clusters of what the encoder has learnt to say instead of clusters of noise. Upstream: 0.
    /// </summary>
    public long QuantizeAfter { get; init; }

    /// <summary>Batches whose frames give the first clusters, at least 1.</summary>
    public int ClusterBatches { get; init; } = 1;

    /// <summary>Sets the weights that training starts from; null for random weights, as upstream.</summary>
    public ICodecInitializer? Initializer { get; init; }

    /// <summary>
    /// From this step on only the decoder learns: encoder and codebooks stay what their averages are then, so that codes made with them, and a language model of such codes,
    /// stay valid while the sound still gets better. Null for never, as upstream.
    /// </summary>
    public long? FreezeCodesAfter { get; init; }

    /// <summary>Memory of the average of the weights, which is the result, 0 to less than 1.</summary>
    public double AverageDecay { get; init; } = 0.99;

    /// <summary>Batches of a validation, at least 1.</summary>
    public int ValidationBatches { get; init; } = 4;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Training);
        ArgumentNullException.ThrowIfNull(Model);
        ArgumentNullException.ThrowIfNull(Optimizer);
        Require(L1Weight >= 0, nameof(L1Weight), L1Weight, "0 or more");
        Require(MelWeight >= 0, nameof(MelWeight), MelWeight, "0 or more");
        Require(StftWeight >= 0, nameof(StftWeight), StftWeight, "0 or more");
        Require(L1Weight + MelWeight + StftWeight > 0, nameof(MelWeight), MelWeight, "one weight above 0");
        Adversary?.Validate();
        Require(CommitmentWeight >= 0, nameof(CommitmentWeight), CommitmentWeight, "0 or more");
        Require(CodebookDropoutShare is >= 0 and <= 1, nameof(CodebookDropoutShare), CodebookDropoutShare, "0 to 1");
        Require(QuantizeAfter >= 0, nameof(QuantizeAfter), QuantizeAfter, "0 or more");
        Require(ClusterBatches >= 1, nameof(ClusterBatches), ClusterBatches, "1 or more");
        Require(FreezeCodesAfter is not { } freeze || freeze >= QuantizeAfter, nameof(FreezeCodesAfter), FreezeCodesAfter ?? 0, $"at least QuantizeAfter, {QuantizeAfter},");
        Require(ValidationBatches >= 1, nameof(ValidationBatches), ValidationBatches, "1 or more");
    }

    private static void Require(bool condition, string name, double value, string expected)
    {
        if (!condition)
        {
            throw new ArgumentOutOfRangeException(name, value, $"Training of a codec: {name} is {value}; {expected} was expected.");
        }
    }
}
