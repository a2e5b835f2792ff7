using AudioCraft.Codecs;
using AudioCraft.LanguageModel;

namespace AudioCraft.Checkpoints;

/// <summary>Reads a language model's configuration from an audiocraft checkpoint (<c>get_lm_model</c> of audiocraft/models/builders.py), with upstream's defaults.</summary>
internal static class LMConfigReader
{
    /// <exception cref="CheckpointException">A value is missing or out of range, values contradict each other, or the model has an unsupported part.</exception>
    public static LMConfig Read(CheckpointConfig config)
    {
        LMConfig.CheckSupported(config);
        var memoryEfficient = config.GetBool("transformer_lm.memory_efficient", false);
        var read = new LMConfig
        {
            NumCodebooks = config.GetInt32("transformer_lm.n_q"),
            Cardinality = config.GetInt32("transformer_lm.card"),
            Dim = config.GetInt32("transformer_lm.dim"),
            NumHeads = config.GetInt32("transformer_lm.num_heads"),
            NumLayers = config.GetInt32("transformer_lm.num_layers"),
            HiddenScale = config.GetDouble("transformer_lm.hidden_scale", 4),
            Activation = Activation(config.GetString("transformer_lm.activation", "gelu")),
            NormFirst = config.GetBool("transformer_lm.norm_first", false),
            BiasAttention = config.GetBool("transformer_lm.bias_attn", true),
            BiasFeedForward = config.GetBool("transformer_lm.bias_ff", true),
            BiasProjection = config.GetBool("transformer_lm.bias_proj", true),
            QueryKeyNorm = config.GetBool("transformer_lm.qk_layer_norm", false),
            QueryKeyNormCross = config.GetBool("transformer_lm.qk_layer_norm_cross", false),
            KeyValueRepeat = config.GetInt32("transformer_lm.kv_repeat", 1),
            LayerScale = config.Has("transformer_lm.layer_scale") ? config.GetDouble("transformer_lm.layer_scale") : null,
            AttentionAsFloat32 = config.GetBool("transformer_lm.attention_as_float32", false),
            PastContext = config.Has("transformer_lm.past_context") && !memoryEfficient ? config.GetInt32("transformer_lm.past_context") : null,
            Positions = Positions(config.GetString("transformer_lm.positional_embedding", "sin")),
            XPos = config.GetBool("transformer_lm.xpos", false),
            MaxPeriod = config.GetDouble("transformer_lm.max_period", 10_000),
            PositionalScale = config.GetDouble("transformer_lm.positional_scale", 1),
            CfgCoef = config.GetDouble("classifier_free_guidance.inference_coef", 3),
            CrossConditions = Names(config, "cross"),
            PrependConditions = Names(config, "prepend"),
            SumConditions = Names(config, "sum"),
            InterpolatedConditions = Names(config, "input_interpolate"),
            IgnoredConditions = Names(config, "ignore"),
            CrossAttentionPositions = config.GetBool("fuser.cross_attention_pos_emb", false),
            CrossAttentionPositionScale = config.GetDouble("fuser.cross_attention_pos_emb_scale", 1),
        };
        read = WithPattern(read, config);
        read.CheckSizes();
        read.CheckConsistency(config);
        return read;
    }

    /// <summary>Upstream names MusicLM's pattern <c>musiclm</c>, so it never reads the section <c>music_lm</c> of its own configurations; neither does this reader.</summary>
    private static LMConfig WithPattern(LMConfig read, CheckpointConfig config)
    {
        if (!config.Has("codebooks_pattern.modeling"))
        {
            // An older configuration: the pattern's name alone, with the default delays.
            return read with { Pattern = CodebookPatternProvider.KindOf(config.GetString("transformer_lm.q_modeling", "delay")) };
        }

        var name = config.GetString("codebooks_pattern.modeling");
        var pattern = CodebookPatternProvider.KindOf(name);
        var section = $"codebooks_pattern.{name}";
        return read with
        {
            Pattern = pattern,
            Delays = Integers(config, $"{section}.delays"),
            Flattening = Integers(config, $"{section}.flattening"),
            FlattenFirst = config.GetInt32($"{section}.flatten_first", 0),
            EmptyInitial = config.GetInt32($"{section}.empty_initial", 0),
            CodebookGroup = config.GetInt32($"{section}.group_by", 2),
        };
    }

    private static IReadOnlyList<string> Names(CheckpointConfig config, string way) => config.GetStringList($"fuser.{way}", []);

    private static int[]? Integers(CheckpointConfig config, string path)
    {
        if (!config.Has(path))
        {
            return null;
        }

        // Values out of range stay out of range, and are rejected later with their name.
        return [.. config.GetInt64List(path).Select(value => (int)Math.Clamp(value, int.MinValue, int.MaxValue))];
    }

    private static LMPositions Positions(string name) => name switch
    {
        "sin" => LMPositions.Sinusoidal,
        "rope" => LMPositions.Rotary,
        "sin_rope" => LMPositions.SinusoidalAndRotary,
        _ => throw new CheckpointException($"transformer_lm.positional_embedding '{name}' is not supported; sin, rope and sin_rope are."),
    };

    private static LMActivation Activation(string name) => name switch
    {
        "gelu" => LMActivation.Gelu,
        "relu" => LMActivation.Relu,
        _ => throw new CheckpointException($"transformer_lm.activation '{name}' is not supported; gelu and relu are."),
    };
}
