namespace AudioCraft.Training;

/// <summary>Options of a codec training; the defaults are upstream's for EnCodec (config/solver/compression/default.yaml), without its discriminator.</summary>
public sealed record CompressionTrainingOptions
{
    /// <summary>Directory, steps, seed and intervals.</summary>
    public required TrainingOptions Training { get; init; }

    /// <summary>The configuration of the codec.</summary>
    public required EncodecConfig Model { get; init; }

    /// <summary>The optimizer of the codec.</summary>
    public AdamWOptions Optimizer { get; init; } = new() { LearningRate = 3e-4, Beta1 = 0.5, Beta2 = 0.9 };

    /// <summary>Weight of the L1 loss of the samples, at least 0.</summary>
    public double L1Weight { get; init; } = 0.1;

    /// <summary>Weight of the multi-scale mel loss, at least 0.</summary>
    public double MelWeight { get; init; } = 2;

    /// <summary>Weight of the multi-resolution STFT loss, at least 0.</summary>
    public double StftWeight { get; init; }

    /// <summary>The discriminator of an adversarial training, or null for none.</summary>
    public AdversaryOptions? Adversary { get; init; }

    /// <summary>Weight of the commitment penalty of the quantizer, which is not balanced, at least 0.</summary>
    public double CommitmentWeight { get; init; } = 1;

    /// <summary>The shortest window of the mel loss has 2 to this power samples.</summary>
    public int MelRangeStart { get; init; } = 6;

    /// <summary>The longest window of the mel loss has 2 to this power minus 1 samples.</summary>
    public int MelRangeEnd { get; init; } = 11;

    /// <summary>
    /// Share of the steps in which a model with <see cref="QuantizerConfig.CodebookDropout"/> uses a random number of codebooks, 0 to 1; the other steps use all. Upstream: 1.
    /// </summary>
    public double CodebookDropoutShare { get; init; } = 1;

    /// <summary>
    /// Number of steps without the quantizer, at least 0. Its codebooks are then initialized from frames of a trained encoder. Upstream: 0.
    /// </summary>
    public long QuantizeAfter { get; init; }

    /// <summary>Batches from whose frames the codebooks are initialized, at least 1.</summary>
    public int ClusterBatches { get; init; } = 1;

    /// <summary>Sets the weights that training starts from; null for random weights, as upstream.</summary>
    public ICodecInitializer? Initializer { get; init; }

    /// <summary>
    /// From this step on only the decoder is trained: encoder and codebooks keep the averages of that step, so that codes, and a language model of these codes,
    /// stay valid while the decoder improves. Null for never, as upstream.
    /// </summary>
    public long? FreezeCodesAfter { get; init; }

    /// <summary>Decay of the moving average of the weights, which is the result; 0 to less than 1.</summary>
    public double AverageDecay { get; init; } = 0.99;

    /// <summary>Batches per validation, at least 1.</summary>
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
            throw new ArgumentOutOfRangeException(name, value, $"Codec training: {name} is {value}; {expected} was expected.");
        }
    }
}
