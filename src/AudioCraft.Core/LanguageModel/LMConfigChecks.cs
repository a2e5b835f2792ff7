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
        Expect(config, "transformer_lm.norm", "layer_norm");
        Expect(config, "transformer_lm.causal", "true");
    }

    /// <summary>Refuses sizes that cannot be those of a model.</summary>
    public static void RefuseBadSizes(LMConfig config)
    {
        Range(config.NumCodebooks, 1, 64, "transformer_lm.n_q");
        Range(config.Cardinality, 1, LargestSize, "transformer_lm.card");
        Range(config.Dim, 4, LargestSize, "transformer_lm.dim");
        Range(config.NumHeads, 1, config.Dim, "transformer_lm.num_heads");
        Range(config.NumLayers, 1, 10_000, "transformer_lm.num_layers");
        Range(config.KeyValueRepeat, 1, config.NumHeads, "transformer_lm.kv_repeat");
        Range(config.PastContext ?? 1, 1, int.MaxValue, "transformer_lm.past_context");
        Range(config.FlattenFirst, 0, LongestDelay, "codebooks_pattern.delay.flatten_first");
        Range(config.EmptyInitial, -LongestDelay, LongestDelay, "codebooks_pattern.delay.empty_initial");
        RefuseBadDelays(config);
        if (!(config.HiddenScale > 0 && config.HiddenScale <= 64))
        {
            throw new CheckpointException($"transformer_lm.hidden_scale is {config.HiddenScale}; above 0 and at most 64 is expected.");
        }

        if (!(config.MaxPeriod > 0) || !double.IsFinite(config.MaxPeriod) || !double.IsFinite(config.PositionalScale) || !double.IsFinite(config.CrossAttentionPositionScale))
        {
            throw new CheckpointException(
                $"Positions of period {config.MaxPeriod} and scales {config.PositionalScale} and {config.CrossAttentionPositionScale} are not finite numbers, the period above 0.");
        }

        if (config.Dim % config.NumHeads != 0 || config.Dim % 2 != 0)
        {
            throw new CheckpointException($"transformer_lm.dim {config.Dim} is not an even multiple of num_heads {config.NumHeads}.");
        }

        if (config.Positions != LMPositions.Sinusoidal && config.Dim / config.NumHeads % 2 != 0)
        {
            throw new CheckpointException($"Rotary positions need heads of even size; transformer_lm.dim {config.Dim} in {config.NumHeads} heads has {config.Dim / config.NumHeads}.");
        }

        if (config.NumHeads % config.KeyValueRepeat != 0)
        {
            throw new CheckpointException($"transformer_lm.num_heads {config.NumHeads} is not a multiple of kv_repeat {config.KeyValueRepeat}.");
        }

        if (config.QueryKeyNorm && config.KeyValueRepeat != 1)
        {
            throw new CheckpointException($"transformer_lm.qk_layer_norm goes with kv_repeat 1 only, not {config.KeyValueRepeat}.");
        }
    }

    /// <summary>Refuses what upstream could not build or run.</summary>
    public static void RefuseContradictions(LMConfig read, XpConfig config)
    {
        var plain = !config.GetBool("transformer_lm.custom", false) && !config.GetBool("transformer_lm.memory_efficient", false);
        if (plain && (read.Positions != LMPositions.Sinusoidal || read.QueryKeyNorm || (read.QueryKeyNormCross && read.CrossAttention) || read.KeyValueRepeat != 1))
        {
            throw new CheckpointException(
                "transformer_lm has neither custom nor memory_efficient attention, but rotary positions, qk_layer_norm or kv_repeat, which upstream has with these only.");
        }

        if (config.GetBool("transformer_lm.cross_attention", false) && !read.CrossAttention)
        {
            throw new CheckpointException("transformer_lm.cross_attention is true, but fuser.cross names no condition for it to read.");
        }

        var names = read.ConditionNames.ToList();
        if (names.Distinct().Count() != names.Count)
        {
            throw new CheckpointException($"The fuser names a condition twice: {string.Join(", ", names)}.");
        }

        try
        {
            CodebookPatternProvider.Create(read);
        }
        catch (ArgumentException e)
        {
            throw new CheckpointException($"codebooks_pattern of {read.NumCodebooks} codebooks cannot be: {e.Message}", e);
        }
    }

    private static void RefuseBadDelays(LMConfig config)
    {
        var expected = config.Pattern == CodebookPatternKind.CoarseFirst ? config.NumCodebooks - 1 : config.NumCodebooks;
        if (config.Delays is { } delays
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

    private static void Expect(XpConfig config, string name, string expected)
    {
        var value = config.GetString(name, expected);
        if (!string.Equals(value, expected, StringComparison.OrdinalIgnoreCase))
        {
            throw new CheckpointException($"{name} = '{value}' is not built; '{expected}' is.");
        }
    }
}
