using System.Globalization;
using System.Text;
using AudioCraft.Codecs;
using AudioCraft.LanguageModel;

namespace AudioCraft.Checkpoints;

/// <summary>Writes a language model's configuration as the YAML text of an audiocraft checkpoint (<c>xp.cfg</c>), as far as loading a model reads it.</summary>
internal static class LMConfigWriter
{
    /// <summary>A section that upstream does not have: suggested generation parameters.</summary>
    public const string SuggestionSection = "generation_defaults";

    private sealed class Yaml
    {
        private readonly StringBuilder text = new();

        public void Section(int depth, string key) => text.Append(' ', 2 * depth).Append(key).Append(":\n");

        public void Value(int depth, string key, object? value) => text.Append(' ', 2 * depth).Append(key).Append(": ").Append(Text(value)).Append('\n');

        public override string ToString() => text.ToString();

        private static string Text(object? value) => value switch
        {
            null => "null",
            bool flag => flag ? "true" : "false",
            double number => number.ToString("R", CultureInfo.InvariantCulture),
            IEnumerable<int> numbers => $"[{string.Join(", ", numbers)}]",
            IEnumerable<string> names => $"[{string.Join(", ", names)}]",
            _ => string.Format(CultureInfo.InvariantCulture, "{0}", value),
        };
    }

    /// <param name="config">The model's sizes and options.</param>
    /// <param name="conditioners">Names of the T5 conditions.</param>
    /// <param name="codec">The codec, for its rate and channels.</param>
    /// <param name="segmentDuration">Seconds of the model's window.</param>
    /// <param name="suggested">Guidance, temperature and top-k to suggest, or null.</param>
    public static string Write(LMConfig config, IReadOnlyList<string> conditioners, CompressionModel codec, double segmentDuration, GenerationParams? suggested = null)
    {
        var yaml = new Yaml();
        yaml.Value(0, "solver", "audiogen");
        yaml.Value(0, "sample_rate", codec.SampleRate);
        yaml.Value(0, "channels", codec.Channels);
        yaml.Section(0, "dataset");
        yaml.Value(1, "segment_duration", segmentDuration);
        yaml.Section(0, "classifier_free_guidance");
        yaml.Value(1, "inference_coef", config.CfgCoef);
        yaml.Section(0, "fuser");
        yaml.Value(1, "sum", config.SumConditions);
        yaml.Value(1, "prepend", config.PrependConditions);
        yaml.Value(1, "cross", config.CrossConditions);
        yaml.Value(1, "input_interpolate", config.InterpolatedConditions);
        yaml.Value(1, "ignore", config.IgnoredConditions);
        yaml.Value(1, "cross_attention_pos_emb", config.CrossAttentionPositions);
        yaml.Value(1, "cross_attention_pos_emb_scale", config.CrossAttentionPositionScale);
        WriteConditioners(yaml, conditioners);
        WritePattern(yaml, config);
        WriteTransformer(yaml, config);
        if (suggested is not null)
        {
            yaml.Section(0, SuggestionSection);
            yaml.Value(1, "cfg_coef", suggested.CfgCoef);
            yaml.Value(1, "temperature", suggested.Temperature);
            yaml.Value(1, "top_k", suggested.TopK);
        }

        return yaml.ToString();
    }

    private static void WriteConditioners(Yaml yaml, IReadOnlyList<string> conditioners)
    {
        if (conditioners.Count == 0)
        {
            yaml.Value(0, "conditioners", null);
            return;
        }

        yaml.Section(0, "conditioners");
        foreach (var name in conditioners)
        {
            // The T5 is stored beside the checkpoint, whether it was trained with the model or not.
            yaml.Section(1, name);
            yaml.Value(2, "model", "t5");
            yaml.Section(2, "t5");
            yaml.Value(3, "name", "t5");
            yaml.Value(3, "finetune", false);
            yaml.Value(3, "word_dropout", 0.0);
            yaml.Value(3, "normalize_text", false);
        }
    }

    private static void WritePattern(Yaml yaml, LMConfig config)
    {
        var name = CodebookPatternProvider.NameOf(config.Pattern);
        yaml.Section(0, "codebooks_pattern");
        yaml.Value(1, "modeling", name);
        yaml.Section(1, name);
        yaml.Value(2, "delays", config.Delays);
        yaml.Value(2, "flattening", config.Flattening);
        yaml.Value(2, "flatten_first", config.FlattenFirst);
        yaml.Value(2, "empty_initial", config.EmptyInitial);
        yaml.Value(2, "group_by", config.CodebookGroup);
    }

    private static void WriteTransformer(Yaml yaml, LMConfig config)
    {
        yaml.Value(0, "lm_model", "transformer_lm");
        yaml.Section(0, "transformer_lm");
        yaml.Value(1, "n_q", config.NumCodebooks);
        yaml.Value(1, "card", config.Cardinality);
        yaml.Value(1, "dim", config.Dim);
        yaml.Value(1, "num_heads", config.NumHeads);
        yaml.Value(1, "num_layers", config.NumLayers);
        yaml.Value(1, "hidden_scale", config.HiddenScale);
        yaml.Value(1, "activation", config.Activation == LMActivation.Relu ? "relu" : "gelu");
        yaml.Value(1, "norm", "layer_norm");
        yaml.Value(1, "norm_first", config.NormFirst);
        yaml.Value(1, "bias_attn", config.BiasAttention);
        yaml.Value(1, "bias_ff", config.BiasFeedForward);
        yaml.Value(1, "bias_proj", config.BiasProjection);
        yaml.Value(1, "qk_layer_norm", config.QueryKeyNorm);
        yaml.Value(1, "qk_layer_norm_cross", config.QueryKeyNormCross);
        yaml.Value(1, "kv_repeat", config.KeyValueRepeat);
        yaml.Value(1, "layer_scale", config.LayerScale);
        yaml.Value(1, "attention_as_float32", config.AttentionAsFloat32);
        yaml.Value(1, "past_context", config.PastContext);
        yaml.Value(1, "causal", true);

        // Upstream's memory-efficient attention ignores a bounded context.
        yaml.Value(1, "custom", config.PastContext is not null);
        yaml.Value(1, "memory_efficient", config.PastContext is null);
        yaml.Value(1, "positional_embedding", config.Positions switch { LMPositions.Rotary => "rope", LMPositions.SinusoidalAndRotary => "sin_rope", _ => "sin" });
        yaml.Value(1, "xpos", config.XPos);
        yaml.Value(1, "max_period", config.MaxPeriod);
        yaml.Value(1, "positional_scale", config.PositionalScale);
        yaml.Value(1, "cross_attention", config.CrossAttention);
        yaml.Value(1, "dropout", 0.0);
    }
}
