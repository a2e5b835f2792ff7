using AudioCraft.Codecs;

namespace AudioCraft.Checkpoints;

/// <summary>Reads the sections <c>encodec</c>, <c>seanet</c> and <c>rvq</c> of a checkpoint's configuration as upstream's builders do (audiocraft/models/builders.py).</summary>
internal static class EncodecConfigReader
{
    private static readonly string[] SharedKeys =
    [
        "channels", "dimension", "n_filters", "n_residual_layers", "ratios", "activation", "activation_params", "norm", "norm_params", "kernel_size",
        "last_kernel_size", "residual_kernel_size", "dilation_base", "causal", "pad_mode", "true_skip", "compress", "lstm", "disable_norm_outer_blocks",
    ];

    private static readonly string[] DecoderKeys = [.. SharedKeys, "final_activation", "final_activation_params", "trim_right_ratio"];

    private static readonly string[] QuantizerKeys =
    [
        "n_q", "q_dropout", "bins", "decay", "kmeans_init", "kmeans_iters", "threshold_ema_dead_code", "orthogonal_reg_weight",
        "orthogonal_reg_active_codes_only", "orthogonal_reg_max_codes",
    ];

    // `renorm` is an old name that upstream ignores.
    private static readonly string[] ModelKeys = ["autoencoder", "quantizer", "sample_rate", "channels", "causal", "renormalize", "renorm"];

    /// <exception cref="CheckpointException">A value is missing, of the wrong kind, out of range or unknown; the message names it.</exception>
    public static EncodecConfig Read(CheckpointConfig config)
    {
        RequireOnly(config, "compression_model", "encodec");
        RequireOnly(config, "encodec.autoencoder", "seanet");
        RequireOnly(config, "encodec.quantizer", "rvq");
        RejectUnknown(config, "encodec", ModelKeys);
        RejectUnknown(config, "seanet", [.. SharedKeys, "encoder", "decoder"]);
        var read = new EncodecConfig
        {
            SampleRate = config.GetInt32("encodec.sample_rate"),
            Channels = config.GetInt32("encodec.channels"),
            Causal = config.GetBool("encodec.causal", false),
            Renormalize = config.GetBool("encodec.renormalize", false),
            Encoder = ReadSEANet(config, "encoder", SharedKeys),
            Decoder = ReadSEANet(config, "decoder", DecoderKeys),
            Quantizer = ReadQuantizer(config),
        };
        try
        {
            read.Validate();
        }
        catch (ArgumentException problem)
        {
            throw new CheckpointException($"The configuration of the checkpoint is invalid. {problem.Message}", problem);
        }

        return read;
    }

    private static SEANetConfig ReadSEANet(CheckpointConfig config, string side, string[] known)
    {
        if (config.Has($"seanet.{side}"))
        {
            RejectUnknown(config, $"seanet.{side}", known);
        }

        // The encoder's or decoder's own value has precedence over the shared one.
        string At(string key) => config.Has($"seanet.{side}.{key}") ? $"seanet.{side}.{key}" : $"seanet.{key}";
        var defaults = new SEANetConfig();
        return new()
        {
            Channels = config.GetInt32(At("channels"), defaults.Channels),
            Dimension = config.GetInt32(At("dimension"), defaults.Dimension),
            Filters = config.GetInt32(At("n_filters"), defaults.Filters),
            ResidualLayers = config.GetInt32(At("n_residual_layers"), defaults.ResidualLayers),
            Ratios = [.. config.GetInt64List(At("ratios"), [.. defaults.Ratios.Select(r => (long)r)]).Select(r => ToInt32(r, At("ratios")))],
            Activation = ReadActivation(config, At("activation"), At("activation_params")) ?? defaults.Activation,
            FinalActivation = ReadActivation(config, At("final_activation"), At("final_activation_params")),
            Norm = config.GetString(At("norm"), "none") switch
            {
                "none" => ConvNorm.None,
                "weight_norm" => ConvNorm.WeightNorm,
                "time_group_norm" => ConvNorm.TimeGroupNorm,
                var other => throw new CheckpointException($"'{At("norm")}' is '{other}'; none, weight_norm and time_group_norm are supported."),
            },
            NormEpsilon = ReadEpsilon(config, At("norm_params"), defaults.NormEpsilon),
            KernelSize = config.GetInt32(At("kernel_size"), defaults.KernelSize),
            LastKernelSize = config.GetInt32(At("last_kernel_size"), defaults.LastKernelSize),
            ResidualKernelSize = config.GetInt32(At("residual_kernel_size"), defaults.ResidualKernelSize),
            DilationBase = config.GetInt32(At("dilation_base"), defaults.DilationBase),
            Causal = config.GetBool(At("causal"), defaults.Causal),
            PaddingMode = config.GetString(At("pad_mode"), "reflect") switch
            {
                "reflect" => ConvPaddingMode.Reflect,
                "constant" => ConvPaddingMode.Constant,
                var other => throw new CheckpointException($"'{At("pad_mode")}' is '{other}'; reflect and constant are supported."),
            },
            TrueSkip = config.GetBool(At("true_skip"), defaults.TrueSkip),
            Compress = config.GetInt32(At("compress"), defaults.Compress),
            LstmLayers = config.GetInt32(At("lstm"), defaults.LstmLayers),
            DisableNormOuterBlocks = config.GetInt32(At("disable_norm_outer_blocks"), defaults.DisableNormOuterBlocks),
            TrimRightRatio = config.GetDouble(At("trim_right_ratio"), defaults.TrimRightRatio),
        };
    }

    private static QuantizerConfig ReadQuantizer(CheckpointConfig config)
    {
        RejectUnknown(config, "rvq", QuantizerKeys);
        var defaults = new QuantizerConfig();
        return new()
        {
            NumCodebooks = config.GetInt32("rvq.n_q", defaults.NumCodebooks),
            Cardinality = config.GetInt32("rvq.bins", defaults.Cardinality),
            CodebookDropout = config.GetBool("rvq.q_dropout", defaults.CodebookDropout),
            Decay = config.GetDouble("rvq.decay", defaults.Decay),
            KMeansInit = config.GetBool("rvq.kmeans_init", defaults.KMeansInit),
            KMeansIterations = config.GetInt32("rvq.kmeans_iters", defaults.KMeansIterations),
            DeadCodeThreshold = config.GetDouble("rvq.threshold_ema_dead_code", defaults.DeadCodeThreshold),
            OrthogonalWeight = config.GetDouble("rvq.orthogonal_reg_weight", defaults.OrthogonalWeight),
            OrthogonalActiveCodesOnly = config.GetBool("rvq.orthogonal_reg_active_codes_only", defaults.OrthogonalActiveCodesOnly),
            OrthogonalMaxCodes = config.Has("rvq.orthogonal_reg_max_codes") ? config.GetInt32("rvq.orthogonal_reg_max_codes") : null,
        };
    }

    private static ActivationConfig? ReadActivation(CheckpointConfig config, string name, string parameters)
    {
        if (!config.Has(name))
        {
            return null;
        }

        // `inplace` does not change results.
        var keys = config.Has(parameters) ? config.Keys(parameters).Where(k => k != "inplace") : [];
        return new(config.GetString(name), keys.ToDictionary(k => k, k => config.GetDouble($"{parameters}.{k}")));
    }

    private static double ReadEpsilon(CheckpointConfig config, string parameters, double fallback)
    {
        if (!config.Has(parameters))
        {
            return fallback;
        }

        RejectUnknown(config, parameters, ["eps"]);
        return config.GetDouble($"{parameters}.eps", fallback);
    }

    private static int ToInt32(long value, string path) =>
        value is >= int.MinValue and <= int.MaxValue ? (int)value : throw new CheckpointException($"'{path}' holds {value}, which is out of range.");

    private static void RequireOnly(CheckpointConfig config, string path, string supported)
    {
        var value = config.GetString(path);
        if (value != supported)
        {
            throw new CheckpointException($"'{path}' is '{value}' in the configuration of the checkpoint; only '{supported}' is supported.");
        }
    }

    private static void RejectUnknown(CheckpointConfig config, string section, string[] known)
    {
        var unknown = config.Keys(section).Except(known).ToList();
        if (unknown.Count > 0)
        {
            throw new CheckpointException($"Section '{section}' of the configuration has unknown keys: {string.Join(", ", unknown)}.");
        }
    }
}
