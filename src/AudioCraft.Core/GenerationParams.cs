namespace AudioCraft;

/// <summary>The parameters of a generation. Immutable: create a changed copy with <c>with</c> and pass it to a call, or set it as <see cref="BaseGenModel.GenerationParams"/>.</summary>
public sealed record GenerationParams
{
    /// <summary>Whether tokens are sampled; otherwise the argmax is used.</summary>
    public bool UseSampling { get; init; } = true;

    /// <summary>Samples from this many of the most probable tokens; 0 for all.</summary>
    public int TopK { get; init; } = 250;

    /// <summary>Samples from the most probable tokens whose probabilities add up to this value. Above 0 it overrides <see cref="TopK"/>.</summary>
    public double TopP { get; init; }

    /// <summary>Softmax temperature. 0 uses the argmax.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Duration of the audio in seconds, including a prompt.</summary>
    public double Duration { get; init; } = 10;

    /// <summary>Classifier-free guidance coefficient: at 1 the text has the effect that it had in training, above 1 a stronger one.</summary>
    public double CfgCoef { get; init; } = 3;

    /// <summary>
    /// Coefficient of double guidance, which strengthens the description relative to the other conditions of a model; null for guidance with <see cref="CfgCoef"/> alone
    /// ("Audio Conditioning for Music Generation via Discrete Bottleneck Features", Rouard et al. 2024, section 4.3).
    /// Without other conditions it multiplies <see cref="CfgCoef"/>. With it, <see cref="TwoStepCfg"/> has no effect.
    /// </summary>
    public double? CfgCoefBeta { get; init; }

    /// <summary>
    /// Whether the conditional and the unconditional prediction are computed one after the other instead of as one batch: half the memory for activations, the same result.
    /// Unlike upstream's two-step guidance (audiocraft/models/lm.py), it applies <see cref="CfgCoef"/>.
    /// </summary>
    public bool TwoStepCfg { get; init; }

    /// <summary>Seconds by which the window moves for audio longer than the model's window. A smaller stride keeps more context and is slower.</summary>
    public double ExtendStride { get; init; } = 2;

    /// <summary>
    /// Seed of the sampling; null for a different one in every call. On a CPU the same seed and description give the same tokens, alone or in a batch
    /// (up to the rounding of differently shaped matrix products); a description that occurs twice in a batch gives different audio.
    /// </summary>
    public long? Seed { get; init; }

    /// <summary>Seeds of the items of a call, one for each, instead of <see cref="Seed"/>. An item gets the same audio as alone with its seed.</summary>
    public IReadOnlyList<long>? ItemSeeds { get; init; }

    /// <summary>
    /// Whether cross-attention also reads the padding of a batch's shorter descriptions, as upstream does, so that the audio depends on the longest description of the batch.
    /// False (the default) gives each item the same audio as alone.
    /// </summary>
    public bool UpstreamTextPadding { get; init; }

    /// <summary>Checks the values. Every call that generates does so on entry; a service can check a request before it waits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range; the message names it.</exception>
    public void Validate()
    {
        if (TopK < 0)
        {
            throw OutOfRange(nameof(TopK), TopK, "0 (all) or more");
        }

        if (!(TopP >= 0 && TopP <= 1))
        {
            throw OutOfRange(nameof(TopP), TopP, "0 (off) to 1");
        }

        if (!(Temperature >= 0) || double.IsInfinity(Temperature))
        {
            throw OutOfRange(nameof(Temperature), Temperature, "0 or more");
        }

        if (!double.IsFinite(CfgCoef))
        {
            throw OutOfRange(nameof(CfgCoef), CfgCoef, "a finite number");
        }

        if (CfgCoefBeta is { } beta && !double.IsFinite(beta))
        {
            throw OutOfRange(nameof(CfgCoefBeta), beta, "a finite number, or null");
        }

        if (!(Duration > 0) || double.IsInfinity(Duration))
        {
            throw OutOfRange(nameof(Duration), Duration, "seconds, above 0");
        }

        if (!(ExtendStride > 0) || double.IsInfinity(ExtendStride))
        {
            throw OutOfRange(nameof(ExtendStride), ExtendStride, "seconds, above 0");
        }
    }

    private static ArgumentOutOfRangeException OutOfRange(string name, object value, string expected) =>
        new(name, value, $"{name} must be {expected}.");
}
