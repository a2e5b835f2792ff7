using AudioCraft.Checkpoints;
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

    /// <summary>Longest wavelength of the sinusoidal positions.</summary>
    public double MaxPeriod { get; init; } = 10_000;

    /// <summary>Factor of the positions; 0 leaves them out.</summary>
    public double PositionalScale { get; init; } = 1;

    /// <summary>Delay of each codebook in the delay pattern; 0, 1, …, K-1 if null.</summary>
    public IReadOnlyList<int>? Delays { get; init; }

    /// <summary>Frames at the start that get a step for each code.</summary>
    public int FlattenFirst { get; init; }

    /// <summary>Empty steps after the special one.</summary>
    public int EmptyInitial { get; init; }

    /// <summary>Names of the conditions that are read through cross attention; empty for a model without conditions.</summary>
    public IReadOnlyList<string> CrossConditions { get; init; } = ["description"];

    /// <summary>The guidance coefficient that the model was published with (<c>inference_coef</c>).</summary>
    public double CfgCoef { get; init; } = 3;

    /// <summary>Whether layers have cross attention.</summary>
    public bool CrossAttention => CrossConditions.Count > 0;

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
                var attention = (4 * d * d) + (BiasAttention ? 4 * d : 0);
                var layer = attention + (2 * d * f) + (BiasFeedForward ? d + f : 0) + (4 * d) + (CrossAttention ? attention + (2 * d) : 0);
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
        var read = new LMConfig
        {
            NumCodebooks = config.GetInt32("transformer_lm.n_q"),
            Cardinality = config.GetInt32("transformer_lm.card"),
            Dim = config.GetInt32("transformer_lm.dim"),
            NumHeads = config.GetInt32("transformer_lm.num_heads"),
            NumLayers = config.GetInt32("transformer_lm.num_layers"),
            HiddenScale = config.GetDouble("transformer_lm.hidden_scale", 4),
            Activation = Activations(config.GetString("transformer_lm.activation", "gelu")),
            NormFirst = config.GetBool("transformer_lm.norm_first", false),
            BiasAttention = config.GetBool("transformer_lm.bias_attn", true),
            BiasFeedForward = config.GetBool("transformer_lm.bias_ff", true),
            BiasProjection = config.GetBool("transformer_lm.bias_proj", true),
            MaxPeriod = config.GetDouble("transformer_lm.max_period", 10_000),
            PositionalScale = config.GetDouble("transformer_lm.positional_scale", 1),
            CfgCoef = config.GetDouble("classifier_free_guidance.inference_coef", 3),
            CrossConditions = config.Has("fuser.cross") ? config.GetStringList("fuser.cross") : [],
        };
        LMConfigChecks.RefuseUnsupported(config);
        LMConfigChecks.RefuseBadSizes(read);
        read = read.WithPattern(config);
        LMConfigChecks.RefuseBadPattern(read);
        return read;
    }

    private LMConfig WithPattern(XpConfig config) => config.Has("codebooks_pattern.delay.delays")
        ? this with
        {
            Delays = [.. config.GetInt64List("codebooks_pattern.delay.delays").Select(delay => (int)Math.Clamp(delay, int.MinValue, int.MaxValue))],
            FlattenFirst = config.GetInt32("codebooks_pattern.delay.flatten_first", 0),
            EmptyInitial = config.GetInt32("codebooks_pattern.delay.empty_initial", 0),
        }
        : this;

    private static LMActivation Activations(string name) => name switch
    {
        "gelu" => LMActivation.Gelu,
        "relu" => LMActivation.Relu,
        _ => throw new CheckpointException($"transformer_lm.activation '{name}' is not built; gelu and relu are."),
    };
}

/// <summary>Activation of a transformer's feed-forward block.</summary>
public enum LMActivation
{
    /// <summary>Gaussian error linear unit, exact form.</summary>
    Gelu,

    /// <summary>Rectified linear unit.</summary>
    Relu,
}
