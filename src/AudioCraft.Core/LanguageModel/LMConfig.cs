using AudioCraft.Checkpoints;
using AudioCraft.Codecs;
using AudioCraft.LanguageModel;

namespace AudioCraft;

/// <summary>
/// Sizes and options of a language model over codes; upstream's <c>transformer_lm</c>, <c>codebooks_pattern</c>, <c>fuser</c> and
/// <c>classifier_free_guidance</c> sections. The defaults are those of the released AudioGen and MusicGen models.
/// </summary>
public sealed record LMConfig
{
    private const int LargestSize = 1 << 20;
    private const int LongestDelay = 10_000;

    /// <summary>Name of the condition that is the description of the audio.</summary>
    internal const string DescriptionCondition = "description";

    /// <summary>Number of codebooks, K (<c>n_q</c>).</summary>
    public int NumCodebooks { get; init; } = 4;

    /// <summary>Number of entries of each codebook (<c>card</c>). The special token has this number.</summary>
    public int Cardinality { get; init; } = 2048;

    /// <summary>Width of the transformer; a multiple of twice the number of heads.</summary>
    public int Dim { get; init; } = 1536;

    /// <summary>Number of attention heads of a layer.</summary>
    public int NumHeads { get; init; } = 24;

    /// <summary>Number of layers of the transformer.</summary>
    public int NumLayers { get; init; } = 48;

    /// <summary>Width of the feed-forward block as a multiple of <see cref="Dim"/>.</summary>
    public double HiddenScale { get; init; } = 4;

    /// <summary>Activation of the feed-forward block.</summary>
    public LMActivation Activation { get; init; } = LMActivation.Gelu;

    /// <summary>Whether normalization comes before each block and once at the end, instead of after each block.</summary>
    public bool NormFirst { get; init; } = true;

    /// <summary>Whether the projections of the attention have biases.</summary>
    public bool BiasAttention { get; init; }

    /// <summary>Whether the feed-forward block has biases.</summary>
    public bool BiasFeedForward { get; init; }

    /// <summary>Whether the output heads have biases.</summary>
    public bool BiasProjection { get; init; }

    /// <summary>Whether queries and keys of the self-attention are normalized over the whole width (<c>qk_layer_norm</c>).</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>Whether queries and keys of the cross-attention are normalized over the whole width (<c>qk_layer_norm_cross</c>).</summary>
    public bool QueryKeyNormCross { get; init; }

    /// <summary>Number of query heads that share a key and value head of the self-attention (<c>kv_repeat</c>); a divisor of <see cref="NumHeads"/>.</summary>
    public int KeyValueRepeat { get; init; } = 1;

    /// <summary>Initial value of the learned scale of each block's output (<c>layer_scale</c>, Touvron et al. 2021); null for none.</summary>
    public double? LayerScale { get; init; }

    /// <summary>Whether attention is computed in float32 for every type of the weights (<c>attention_as_float32</c>).</summary>
    public bool AttentionAsFloat32 { get; init; }

    /// <summary>
    /// Number of previous steps that self-attention reads; all if null (<c>past_context</c>). With <c>memory_efficient</c>, upstream ignores it for whole sequences and
    /// so in training: <see cref="FromCheckpointConfig"/> ignores it too.
    /// </summary>
    public int? PastContext { get; init; }

    /// <summary>The positional embedding (<c>positional_embedding</c>).</summary>
    public LMPositions Positions { get; init; }

    /// <summary>Whether rotary positions decay with distance (<c>xpos</c>, Sun et al. 2022).</summary>
    public bool XPos { get; init; }

    /// <summary>Longest period of the positions; the longest sinusoidal wavelength is 2π times as long.</summary>
    public double MaxPeriod { get; init; } = 10_000;

    /// <summary>Scale of the positions; 0 disables them.</summary>
    public double PositionalScale { get; init; } = 1;

    /// <summary>The arrangement of the codes in the sequence (<c>codebooks_pattern.modeling</c>).</summary>
    public CodebookPatternKind Pattern { get; init; }

    /// <summary>Delays of the delay, unrolled and coarse-first patterns, see their providers; null for the default.</summary>
    public IReadOnlyList<int>? Delays { get; init; }

    /// <summary>Inner step of each codebook in the unrolled pattern; 0, 1, …, K-1 if null.</summary>
    public IReadOnlyList<int>? Flattening { get; init; }

    /// <summary>Delay pattern: number of frames at the start with one step for each code.</summary>
    public int FlattenFirst { get; init; }

    /// <summary>Delay and parallel patterns: number of empty steps after the special one.</summary>
    public int EmptyInitial { get; init; }

    /// <summary>MusicLM pattern: number of codebooks in a group (<c>group_by</c>).</summary>
    public int CodebookGroup { get; init; } = 2;

    /// <summary>Names of the conditions that cross-attention reads.</summary>
    public IReadOnlyList<string> CrossConditions { get; init; } = [DescriptionCondition];

    /// <summary>Names of the conditions that are prepended to the sequence.</summary>
    public IReadOnlyList<string> PrependConditions { get; init; } = [];

    /// <summary>Names of the conditions that are added to every step.</summary>
    public IReadOnlyList<string> SumConditions { get; init; } = [];

    /// <summary>Names of the conditions that are interpolated over the sequence and added to it (<c>input_interpolate</c>).</summary>
    public IReadOnlyList<string> InterpolatedConditions { get; init; } = [];

    /// <summary>Names of the conditions that are accepted and ignored.</summary>
    public IReadOnlyList<string> IgnoredConditions { get; init; } = [];

    /// <summary>Whether sinusoidal positions are added to the source of cross-attention (<c>cross_attention_pos_emb</c>).</summary>
    public bool CrossAttentionPositions { get; init; }

    /// <summary>Scale of these positions.</summary>
    public double CrossAttentionPositionScale { get; init; } = 1;

    /// <summary>The guidance coefficient that the model was published with (<c>inference_coef</c>).</summary>
    public double CfgCoef { get; init; } = 3;

    /// <summary>Whether layers have cross-attention.</summary>
    public bool CrossAttention => CrossConditions.Count > 0;

    /// <summary>Names of all conditions of the model.</summary>
    public IEnumerable<string> ConditionNames =>
        CrossConditions.Concat(PrependConditions).Concat(SumConditions).Concat(InterpolatedConditions).Concat(IgnoredConditions);

    /// <summary>Width of the feed-forward block.</summary>
    public int FeedForwardDim => (int)(HiddenScale * Dim);

    /// <summary>Number of weights without conditioners.</summary>
    public long ParameterCount
    {
        get
        {
            checked
            {
                long d = Dim, f = FeedForwardDim;
                var scale = LayerScale is null ? 0 : d;
                var keys = KeyValueRepeat < 1 ? d : d / KeyValueRepeat;
                var self = (2 * d * (d + keys)) + (BiasAttention ? (2 * d) + (2 * keys) : 0) + (QueryKeyNorm ? 4 * d : 0);
                var cross = (4 * d * d) + (BiasAttention ? 4 * d : 0) + (QueryKeyNormCross ? 4 * d : 0) + (2 * d) + scale;
                var layer = self + (2 * d * f) + (BiasFeedForward ? d + f : 0) + (4 * d) + (2 * scale) + (CrossAttention ? cross : 0);
                var head = (d * Cardinality) + (BiasProjection ? Cardinality : 0);
                return (layer * NumLayers) + (NumCodebooks * (head + (d * (Cardinality + 1L)))) + (NormFirst ? 2 * d : 0);
            }
        }
    }

    /// <summary>Reads the configuration of an audiocraft checkpoint (<c>xp.cfg</c>).</summary>
    /// <exception cref="CheckpointException">A value is missing or out of range, or the model has an unsupported part.</exception>
    public static LMConfig FromCheckpointConfig(CheckpointConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return LMConfigReader.Read(config);
    }

    /// <summary>Checks that an audiocraft configuration uses only supported parts.</summary>
    /// <exception cref="CheckpointException">A part is not supported; the message names it.</exception>
    internal static void CheckSupported(CheckpointConfig config)
    {
        Expect(config, "lm_model", "transformer_lm");
        Expect(config, "transformer_lm.norm", "layer_norm");
        Expect(config, "transformer_lm.causal", "true");
    }

    /// <summary>Checks the sizes and that they fit one another.</summary>
    /// <exception cref="CheckpointException">A size is out of range; the message contains the value and the range.</exception>
    internal void CheckSizes()
    {
        Range(NumCodebooks, 1, 64, "transformer_lm.n_q");
        Range(Cardinality, 1, LargestSize, "transformer_lm.card");
        Range(Dim, 4, LargestSize, "transformer_lm.dim");
        Range(NumHeads, 1, Dim, "transformer_lm.num_heads");
        Range(NumLayers, 1, 10_000, "transformer_lm.num_layers");
        Range(KeyValueRepeat, 1, NumHeads, "transformer_lm.kv_repeat");
        Range(PastContext ?? 1, 1, int.MaxValue, "transformer_lm.past_context");
        Range(FlattenFirst, 0, LongestDelay, "codebooks_pattern.delay.flatten_first");
        Range(EmptyInitial, -LongestDelay, LongestDelay, "codebooks_pattern.delay.empty_initial");
        CheckDelays();
        if (!(HiddenScale > 0 && HiddenScale <= 64))
        {
            throw new CheckpointException($"transformer_lm.hidden_scale is {HiddenScale}; above 0 and at most 64 is expected.");
        }

        if (!(MaxPeriod > 0) || !double.IsFinite(MaxPeriod) || !double.IsFinite(PositionalScale) || !double.IsFinite(CrossAttentionPositionScale))
        {
            throw new CheckpointException(
                $"Positions of period {MaxPeriod} and scales {PositionalScale} and {CrossAttentionPositionScale} are not finite numbers, the period above 0.");
        }

        if (Dim % NumHeads != 0 || Dim % 2 != 0)
        {
            throw new CheckpointException($"transformer_lm.dim {Dim} is not an even multiple of num_heads {NumHeads}.");
        }

        if (Positions != LMPositions.Sinusoidal && Dim / NumHeads % 2 != 0)
        {
            throw new CheckpointException($"Rotary positions need heads of even size; transformer_lm.dim {Dim} in {NumHeads} heads has {Dim / NumHeads}.");
        }

        if (NumHeads % KeyValueRepeat != 0)
        {
            throw new CheckpointException($"transformer_lm.num_heads {NumHeads} is not a multiple of kv_repeat {KeyValueRepeat}.");
        }

        if (QueryKeyNorm && KeyValueRepeat != 1)
        {
            throw new CheckpointException($"transformer_lm.qk_layer_norm goes with kv_repeat 1 only, not {KeyValueRepeat}.");
        }
    }

    /// <summary>Checks that the options agree, also with those of the audiocraft configuration that only upstream's implementation has.</summary>
    /// <exception cref="CheckpointException">Upstream could not build or run such a model.</exception>
    internal void CheckConsistency(CheckpointConfig config)
    {
        var plain = !config.GetBool("transformer_lm.custom", false) && !config.GetBool("transformer_lm.memory_efficient", false);
        if (plain && (Positions != LMPositions.Sinusoidal || QueryKeyNorm || (QueryKeyNormCross && CrossAttention) || KeyValueRepeat != 1))
        {
            throw new CheckpointException(
                "transformer_lm has neither custom nor memory_efficient attention, but rotary positions, qk_layer_norm or kv_repeat, which upstream has with these only.");
        }

        if (config.GetBool("transformer_lm.cross_attention", false) && !CrossAttention)
        {
            throw new CheckpointException("transformer_lm.cross_attention is true, but fuser.cross names no condition for it to read.");
        }

        var names = ConditionNames.ToList();
        if (names.Distinct().Count() != names.Count)
        {
            throw new CheckpointException($"The fuser names a condition twice: {string.Join(", ", names)}.");
        }

        try
        {
            CodebookPatternProvider.Create(this);
        }
        catch (ArgumentException e)
        {
            throw new CheckpointException($"codebooks_pattern of {NumCodebooks} codebooks is invalid: {e.Message}", e);
        }
    }

    private void CheckDelays()
    {
        var expected = Pattern == CodebookPatternKind.CoarseFirst ? NumCodebooks - 1 : NumCodebooks;
        if (Delays is { } delays
            && (delays.Count != expected || delays.Any(delay => delay is < 0 or > LongestDelay) || delays.Zip(delays.Skip(1)).Any(pair => pair.Second < pair.First)))
        {
            throw new CheckpointException(
                $"codebooks_pattern: delays is [{string.Join(", ", delays)}]; {expected} numbers from 0 to {LongestDelay}, none below the one before, are expected.");
        }
    }

    private static void Range(int value, int least, int most, string name)
    {
        if (value < least || value > most)
        {
            throw new CheckpointException($"{name} is {value}; {least} to {most} is expected.");
        }
    }

    private static void Expect(CheckpointConfig config, string name, string expected)
    {
        var value = config.GetString(name, expected);
        if (!string.Equals(value, expected, StringComparison.OrdinalIgnoreCase))
        {
            throw new CheckpointException($"{name} = '{value}' is not supported; only '{expected}' is.");
        }
    }
}

/// <summary>Activation of a transformer's feed-forward block.</summary>
public enum LMActivation
{
    /// <summary>Gaussian error linear unit, exact form.</summary>
    Gelu,

    /// <summary>Rectified linear unit.</summary>
    Relu,
}

/// <summary>Positional embeddings of a transformer.</summary>
public enum LMPositions
{
    /// <summary>Sines and cosines added to the input ("Attention is all you need", section 3.5).</summary>
    Sinusoidal,

    /// <summary>Rotary positions of queries and keys (Su et al. 2021).</summary>
    Rotary,

    /// <summary>Both.</summary>
    SinusoidalAndRotary,
}
