using AudioCraft.Codecs;

namespace AudioCraft.Checkpoints;

/// <summary>Reads an EnCodec's <c>config.json</c> in Hugging Face's layout. Absent values have transformers' defaults, those of EnCodec at 24 kHz.</summary>
internal static class HuggingFaceEncodecConfig
{
    /// <summary>The <c>model_type</c> of such a file.</summary>
    public const string ModelType = "encodec";

    private const int MaximumItems = 64;

    /// <summary>Reads the configuration of the model.</summary>
    /// <param name="json">The file, or the section of a larger one.</param>
    /// <param name="codebooks">The number of codebooks in the weights: the file gives it only indirectly, by bandwidths.</param>
    /// <exception cref="CheckpointException">A value has the wrong type, is out of range or not supported; the message names it.</exception>
    public static EncodecConfig Read(CheckpointConfig json, int codebooks)
    {
        try
        {
            var config = ReadValues(json, codebooks);
            config.Validate();
            return config;
        }
        catch (Exception problem) when (problem is ArgumentException or OverflowException)
        {
            throw new CheckpointException($"{json.Source} is not a valid configuration. {problem.Message}", problem);
        }
    }

    private static EncodecConfig ReadValues(CheckpointConfig json, int codebooks)
    {
        var (channels, causal) = (json.GetInt32("audio_channels", 1), json.GetBool("use_causal_conv", true));
        var dimension = json.GetInt32("hidden_size", 128);
        if (json.GetInt32("codebook_dim", dimension) != dimension)
        {
            throw json.Unsupported("codebook_dim", $"only hidden_size, {dimension}, is supported");
        }

        var seanet = new SEANetConfig
        {
            Channels = channels,
            Dimension = dimension,
            Filters = json.GetInt32("num_filters", 32),
            ResidualLayers = json.GetInt32("num_residual_layers", 1),
            Ratios = json.Has("upsampling_ratios") ? [.. Limited(json, "upsampling_ratios", json.GetInt32List)] : [8, 5, 4, 2],
            Norm = json.GetString("norm_type", "weight_norm") switch
            {
                "weight_norm" => ConvNorm.WeightNorm,
                "time_group_norm" => ConvNorm.TimeGroupNorm,
                "none" => ConvNorm.None,
                _ => throw json.Unsupported("norm_type", "weight_norm, time_group_norm and none are supported"),
            },
            KernelSize = json.GetInt32("kernel_size", 7),
            LastKernelSize = json.GetInt32("last_kernel_size", 7),
            ResidualKernelSize = json.GetInt32("residual_kernel_size", 3),
            DilationBase = json.GetInt32("dilation_growth_rate", 2),
            Causal = causal,
            PaddingMode = json.GetString("pad_mode", "reflect") switch
            {
                "reflect" => ConvPaddingMode.Reflect,
                "constant" => ConvPaddingMode.Constant,
                _ => throw json.Unsupported("pad_mode", "reflect and constant are supported"),
            },
            TrueSkip = !json.GetBool("use_conv_shortcut", true),
            Compress = json.GetInt32("compress", 2),
            LstmLayers = json.GetInt32("num_lstm_layers", 2),
        };
        seanet.Validate();
        var sampleRate = json.GetInt32("sampling_rate", 24000);
        return new()
        {
            SampleRate = sampleRate,
            Channels = channels,
            Causal = causal,
            Renormalize = json.GetBool("normalize", false),
            FrameRate = Math.Ceiling((double)sampleRate / seanet.HopLength),
            SegmentSeconds = json.Has("chunk_length_s") ? json.GetDouble("chunk_length_s") : null,
            SegmentOverlap = json.GetDouble("overlap", 0),
            Bandwidths = json.Has("target_bandwidths") ? Limited(json, "target_bandwidths", json.GetDoubleList) : [1.5, 3, 6, 12, 24],
            Encoder = seanet,
            Decoder = seanet with { TrimRightRatio = json.GetDouble("trim_right_ratio", 1) },
            Quantizer = new() { NumCodebooks = codebooks, Cardinality = json.GetInt32("codebook_size", 1024) },
        };
    }

    private static IReadOnlyList<T> Limited<T>(CheckpointConfig json, string name, Func<string, IReadOnlyList<T>> read) =>
        read(name) is { Count: <= MaximumItems } items ? items : throw json.Unsupported(name, $"a list of at most {MaximumItems} numbers is expected");
}
