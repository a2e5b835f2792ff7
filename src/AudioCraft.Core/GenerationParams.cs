namespace AudioCraft;

/// <summary>How sounds are generated. Immutable: change a copy with <c>with</c>, and give it to <see cref="BaseGenModel.GenerationParams"/>.</summary>
public sealed record GenerationParams
{
    /// <summary>Whether tokens are drawn at random; if not, the likeliest is taken.</summary>
    public bool UseSampling { get; init; } = true;

    /// <summary>Draw among this many likeliest tokens; 0 for all.</summary>
    public int TopK { get; init; } = 250;

    /// <summary>Draw among the likeliest tokens that together have this probability; above 0 it wins over <see cref="TopK"/>.</summary>
    public double TopP { get; init; }

    /// <summary>Softmax temperature. 0 takes the likeliest token.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Length of the sound in seconds, a prompt included.</summary>
    public double Duration { get; init; } = 10;

    /// <summary>Classifier-free guidance coefficient: 1 follows the text as trained, more follows it more closely.</summary>
    public double CfgCoef { get; init; } = 3;

    /// <summary>
    /// Coefficient of double guidance, or null for guidance with <see cref="CfgCoef"/> alone: by how much the description is pushed beyond the other conditions,
    /// for models that take others ("Audio Conditioning for Music Generation via Discrete Bottleneck Features", Rouard et al. 2024, section 4.3).
    /// Where there are no others it multiplies <see cref="CfgCoef"/>. With it, <see cref="TwoStepCfg"/> has no effect.
    /// </summary>
    public double? CfgCoefBeta { get; init; }

    /// <summary>
    /// Whether the guided and the unguided prediction are made one after the other instead of as one batch: half the memory for activations, the same result.
    /// Unlike upstream's (audiocraft/models/lm.py), it honours <see cref="CfgCoef"/>.
    /// </summary>
    public bool TwoStepCfg { get; init; }

    /// <summary>For sounds longer than the model's window: by how many seconds the window moves on. Less keeps more context and costs more.</summary>
    public double ExtendStride { get; init; } = 2;

    /// <summary>
    /// Seed of the random draws; if null, every call draws anew. On a CPU the same seed and description give the same tokens, alone or in a batch
    /// (up to the rounding of differently shaped matrix products); the same description again in one batch gives another sound.
    /// </summary>
    public long? Seed { get; init; }

    /// <summary>Seeds of the items of a call, one each, in place of <see cref="Seed"/>: an item sounds as it would alone with its seed.</summary>
    public IReadOnlyList<long>? ItemSeeds { get; init; }

    /// <summary>
    /// Upstream lets the padding of a batch's shorter descriptions take part in cross attention, so that a sound depends on the longest text beside it.
    /// False (the default) gives each item what it would get alone; true does exactly as upstream.
    /// </summary>
    public bool UpstreamTextPadding { get; init; }

    /// <summary>Checks the values. Every call that generates does so on entry; a service can check a request before it waits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range; the message names it.</exception>
    public void Check()
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
