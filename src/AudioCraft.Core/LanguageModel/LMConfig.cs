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
    /// <summary>Number of codebooks, K (<c>n_q</c>).</summary>
    public int NumCodebooks { get; init; } = 4;

    /// <summary>Entries of each codebook (<c>card</c>). The special token is this number.</summary>
    public int Cardinality { get; init; } = 2048;

    /// <summary>Width of the transformer; a multiple of twice the number of heads.</summary>
    public int Dim { get; init; } = 1536;

    /// <summary>Attention heads of a layer.</summary>
    public int NumHeads { get; init; } = 24;

    /// <summary>Layers of the transformer.</summary>
    public int NumLayers { get; init; } = 48;

    /// <summary>Width of the feed-forward block, in units of <see cref="Dim"/>.</summary>
    public double HiddenScale { get; init; } = 4;

    /// <summary>Activation of the feed-forward block.</summary>
    public LMActivation Activation { get; init; } = LMActivation.Gelu;

    /// <summary>Whether normalisation comes before each block (and once more at the end) or after it.</summary>
    public bool NormFirst { get; init; } = true;

    /// <summary>Whether the projections of the attention have biases.</summary>
    public bool BiasAttention { get; init; }

    /// <summary>Whether the feed-forward block has biases.</summary>
    public bool BiasFeedForward { get; init; }

    /// <summary>Whether the output heads have biases.</summary>
    public bool BiasProjection { get; init; }

    /// <summary>Whether queries and keys of the self-attention are normalised over the whole width (<c>qk_layer_norm</c>).</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>The same for cross attention (<c>qk_layer_norm_cross</c>).</summary>
    public bool QueryKeyNormCross { get; init; }

    /// <summary>Query heads that share a key and value head of the self-attention (<c>kv_repeat</c>); the heads are a multiple of it.</summary>
    public int KeyValueRepeat { get; init; } = 1;

    /// <summary>Value that the learnt factor of each block's output starts from (<c>layer_scale</c>, Touvron et al. 2021); null for none.</summary>
    public double? LayerScale { get; init; }

    /// <summary>Whether attention is computed in float32 whatever the type of the weights (<c>attention_as_float32</c>).</summary>
    public bool AttentionAsFloat32 { get; init; }

    /// <summary>
    /// How many steps back self-attention reaches; all if null (<c>past_context</c>). With <c>memory_efficient</c>, upstream's attention over a whole sequence
    /// pays no heed to it, so that its models were trained without: <see cref="FromXpConfig"/> leaves it out there.
    /// </summary>
    public int? PastContext { get; init; }

    /// <summary>How a step's position is told to the transformer (<c>positional_embedding</c>).</summary>
    public LMPositions Positions { get; init; }

    /// <summary>Whether rotary positions decay with distance (<c>xpos</c>, Sun et al. 2022).</summary>
    public bool XPos { get; init; }

    /// <summary>Longest period of the positions: the sinusoidal ones' longest wavelength is 2π times as long.</summary>
    public double MaxPeriod { get; init; } = 10_000;

    /// <summary>Weight of the positions; 0 leaves them out.</summary>
    public double PositionalScale { get; init; } = 1;

    /// <summary>How the codes are laid out as a sequence (<c>codebooks_pattern.modeling</c>).</summary>
    public CodebookPatternKind Pattern { get; init; }

    /// <summary>Delays of the delay, unrolled and coarse-first patterns, as their providers take them; their default if null.</summary>
    public IReadOnlyList<int>? Delays { get; init; }

    /// <summary>Inner step of each codebook in the unrolled pattern; 0, 1, …, K-1 if null.</summary>
    public IReadOnlyList<int>? Flattening { get; init; }

    /// <summary>Delay pattern: frames at the start that get a step for each code.</summary>
    public int FlattenFirst { get; init; }

    /// <summary>Delay and parallel patterns: empty steps after the special one.</summary>
    public int EmptyInitial { get; init; }

    /// <summary>MusicLM pattern: codebooks of a group (<c>group_by</c>).</summary>
    public int CodebookGroup { get; init; } = 2;

    /// <summary>Names of the conditions that are read through cross attention.</summary>
    public IReadOnlyList<string> CrossConditions { get; init; } = ["description"];

    /// <summary>Names of the conditions that are put before the sequence.</summary>
    public IReadOnlyList<string> PrependConditions { get; init; } = [];

    /// <summary>Names of the conditions that are added to every step.</summary>
    public IReadOnlyList<string> SumConditions { get; init; } = [];

    /// <summary>Names of the conditions that are stretched over the sequence and added to it (<c>input_interpolate</c>).</summary>
    public IReadOnlyList<string> InterpolatedConditions { get; init; } = [];

    /// <summary>Names of the conditions that are taken and not used.</summary>
    public IReadOnlyList<string> IgnoredConditions { get; init; } = [];

    /// <summary>Whether sinusoidal positions are added to what cross attention reads (<c>cross_attention_pos_emb</c>).</summary>
    public bool CrossAttentionPositions { get; init; }

    /// <summary>Weight of these positions.</summary>
    public double CrossAttentionPositionScale { get; init; } = 1;

    /// <summary>The guidance coefficient that the model was published with (<c>inference_coef</c>).</summary>
    public double CfgCoef { get; init; } = 3;

    /// <summary>Whether layers have cross attention.</summary>
    public bool CrossAttention => CrossConditions.Count > 0;

    /// <summary>Names of all conditions that the model takes.</summary>
    public IEnumerable<string> ConditionNames =>
        CrossConditions.Concat(PrependConditions).Concat(SumConditions).Concat(InterpolatedConditions).Concat(IgnoredConditions);

    /// <summary>Width of the feed-forward block.</summary>
    public int FeedForwardDim => (int)(HiddenScale * Dim);

    /// <summary>Number of weights the configuration describes, without conditioners.</summary>
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
    /// <exception cref="CheckpointException">A value is missing or out of range, or the model has a part that is not built.</exception>
    public static LMConfig FromXpConfig(XpConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return LMConfigReader.Read(config);
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

/// <summary>How the position of a step is told to a transformer.</summary>
public enum LMPositions
{
    /// <summary>Sines and cosines added to the input ("Attention is all you need", section 3.5).</summary>
    Sinusoidal,

    /// <summary>Rotation of queries and keys (Su et al. 2021).</summary>
    Rotary,

    /// <summary>Both.</summary>
    SinusoidalAndRotary,
}
