using AudioCraft.Checkpoints;

namespace AudioCraft.LanguageModel;

/// <summary>What is refused of a language model's configuration, so that a model is never half read.</summary>
internal static class LMConfigChecks
{
    private const int LargestSize = 1 << 20;
    private const int LongestDelay = 10_000;

    /// <summary>Refuses parts of upstream's models that are not built, by name.</summary>
    public static void RefuseUnsupported(XpConfig config)
    {
        Expect(config, "lm_model", "transformer_lm");
        Expect(config, "codebooks_pattern.modeling", config.GetString("transformer_lm.q_modeling", "delay"), "delay");
        Expect(config, "transformer_lm.positional_embedding", "sin");
        Expect(config, "transformer_lm.norm", "layer_norm");
        Expect(config, "transformer_lm.causal", "true");
        foreach (var option in (string[])["past_context", "layer_scale"])
        {
            if (config.Has($"transformer_lm.{option}"))
            {
                throw new CheckpointException($"transformer_lm.{option} = {config.GetString($"transformer_lm.{option}")} is not built.");
            }
        }

        foreach (var option in (string[])["transformer_lm.qk_layer_norm", "transformer_lm.qk_layer_norm_cross", "fuser.cross_attention_pos_emb"])
        {
            if (config.GetBool(option, false))
            {
                throw new CheckpointException($"{option} is not built.");
            }
        }

        if (config.GetInt32("transformer_lm.kv_repeat", 1) != 1)
        {
            throw new CheckpointException($"transformer_lm.kv_repeat = {config.GetInt32("transformer_lm.kv_repeat")} is not built; 1 is.");
        }

        if (!config.GetBool("transformer_lm.custom", false) && !config.GetBool("transformer_lm.memory_efficient", false))
        {
            throw new CheckpointException("transformer_lm with neither custom nor memory_efficient attention (PyTorch's own layout of the weights) is not built.");
        }

        foreach (var way in (string[])["sum", "prepend", "input_interpolate"])
        {
            if (config.Has($"fuser.{way}") && config.GetStringList($"fuser.{way}").Count > 0)
            {
                throw new CheckpointException($"fuser.{way} = [{string.Join(", ", config.GetStringList($"fuser.{way}"))}] is not built; conditions through cross attention are.");
            }
        }
    }

    /// <summary>Refuses sizes that cannot be those of a model.</summary>
    public static void RefuseBadSizes(LMConfig config)
    {
        Range(config.NumCodebooks, 1, 64, "transformer_lm.n_q");
        Range(config.Cardinality, 1, LargestSize, "transformer_lm.card");
        Range(config.Dim, 4, LargestSize, "transformer_lm.dim");
        Range(config.NumHeads, 1, config.Dim, "transformer_lm.num_heads");
        Range(config.NumLayers, 1, 10_000, "transformer_lm.num_layers");
        if (!(config.HiddenScale > 0 && config.HiddenScale <= 64))
        {
            throw new CheckpointException($"transformer_lm.hidden_scale is {config.HiddenScale}; above 0 and at most 64 is expected.");
        }

        if (config.Dim % config.NumHeads != 0 || config.Dim % 2 != 0)
        {
            throw new CheckpointException($"transformer_lm.dim {config.Dim} is not an even multiple of num_heads {config.NumHeads}.");
        }
    }

    /// <summary>Refuses a delay pattern that cannot be laid out, or that is far longer than its codes.</summary>
    public static void RefuseBadPattern(LMConfig config)
    {
        if (config.Delays is { } delays
            && (delays.Count != config.NumCodebooks || delays.Any(delay => delay is < 0 or > LongestDelay) || delays.Zip(delays.Skip(1)).Any(pair => pair.Second < pair.First)))
        {
            throw new CheckpointException(
                $"codebooks_pattern.delay.delays is [{string.Join(", ", delays)}]; {config.NumCodebooks} numbers from 0 to {LongestDelay}, none below the one before, are expected.");
        }

        Range(config.FlattenFirst, 0, LongestDelay, "codebooks_pattern.delay.flatten_first");
        Range(config.EmptyInitial, -1, LongestDelay, "codebooks_pattern.delay.empty_initial");
    }

    private static void Range(int value, int least, int most, string name)
    {
        if (value < least || value > most)
        {
            throw new CheckpointException($"{name} is {value}; {least} to {most} is expected.");
        }
    }

    private static void Expect(XpConfig config, string name, string expected) => Expect(config, name, expected, expected);

    private static void Expect(XpConfig config, string name, string fallback, string expected)
    {
        var value = config.GetString(name, fallback);
        if (!string.Equals(value, expected, StringComparison.OrdinalIgnoreCase))
        {
            throw new CheckpointException($"{name} = '{value}' is not built; '{expected}' is.");
        }
    }
}
