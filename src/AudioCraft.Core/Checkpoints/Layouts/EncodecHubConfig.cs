using System.Text.Json;
using AudioCraft.Codecs;

namespace AudioCraft.Checkpoints;

/// <summary>Reads an EnCodec's <c>config.json</c> in Hugging Face's layout; what it leaves out has the defaults of that library, which are EnCodec's at 24 kHz.</summary>
internal static class EncodecHubConfig
{
    /// <summary>The <c>model_type</c> of such a file.</summary>
    private const string ModelType = "encodec";

    private const int LargestList = 64;

    /// <summary>Whether a <c>config.json</c> is that of an EnCodec.</summary>
    /// <exception cref="CheckpointException">Its text is not Unicode.</exception>
    public static bool IsEncodec(JsonElement root, string source)
    {
        try
        {
            return root.ValueKind == JsonValueKind.Object && root.TryGetProperty("model_type", out var type)
                && type.ValueKind == JsonValueKind.String && type.GetString() == ModelType;
        }
        catch (InvalidOperationException problem)
        {
            throw new CheckpointException($"{source} cannot be read: {problem.Message}", problem);
        }
    }

    /// <summary>The shape of the model.</summary>
    /// <param name="root">The file's content.</param>
    /// <param name="codebooks">How many codebooks the weights have: the file says it only by way of bitrates.</param>
    /// <param name="source">Where it came from, for messages.</param>
    /// <exception cref="CheckpointException">A value is of the wrong kind, out of range or not supported; the message names it.</exception>
    public static EncodecConfig Read(JsonElement root, int codebooks, string source)
    {
        try
        {
            var config = ReadValues(new Reader(root, source), codebooks);
            config.Validate();
            return config;
        }
        // InvalidOperationException is what JsonElement throws for text that is not Unicode.
        catch (Exception problem) when (problem is ArgumentException or OverflowException or InvalidOperationException)
        {
            throw new CheckpointException($"{source} does not hold together. {problem.Message}", problem);
        }
    }

    private static EncodecConfig ReadValues(Reader json, int codebooks)
    {
        var (channels, causal) = (json.Int32("audio_channels", 1), json.Bool("use_causal_conv", true));
        var dimension = json.Int32("hidden_size", 128);
        if (json.Int32("codebook_dim", dimension) != dimension)
        {
            throw json.Wrong("codebook_dim", $"hidden_size, {dimension}, is supported");
        }

        var seanet = new SEANetConfig
        {
            Channels = channels,
            Dimension = dimension,
            Filters = json.Int32("num_filters", 32),
            ResidualLayers = json.Int32("num_residual_layers", 1),
            Ratios = [.. json.Numbers("upsampling_ratios", [8, 5, 4, 2]).Select(n => n == Math.Floor(n) && Math.Abs(n) <= int.MaxValue ? (int)n : throw json.Wrong("upsampling_ratios", "whole numbers are expected"))],
            Norm = json.Text("norm_type", "weight_norm") switch
            {
                "weight_norm" => ConvNorm.WeightNorm,
                "time_group_norm" => ConvNorm.TimeGroupNorm,
                "none" => ConvNorm.None,
                _ => throw json.Wrong("norm_type", "weight_norm, time_group_norm and none are supported"),
            },
            KernelSize = json.Int32("kernel_size", 7),
            LastKernelSize = json.Int32("last_kernel_size", 7),
            ResidualKernelSize = json.Int32("residual_kernel_size", 3),
            DilationBase = json.Int32("dilation_growth_rate", 2),
            Causal = causal,
            PaddingMode = json.Text("pad_mode", "reflect") switch
            {
                "reflect" => ConvPaddingMode.Reflect,
                "constant" => ConvPaddingMode.Constant,
                _ => throw json.Wrong("pad_mode", "reflect and constant are supported"),
            },
            TrueSkip = !json.Bool("use_conv_shortcut", true),
            Compress = json.Int32("compress", 2),
            LstmLayers = json.Int32("num_lstm_layers", 2),
        };
        seanet.Validate();
        var sampleRate = json.Int32("sampling_rate", 24000);
        return new()
        {
            SampleRate = sampleRate,
            Channels = channels,
            Causal = causal,
            Renormalize = json.Bool("normalize", false),
            FrameRate = Math.Ceiling((double)sampleRate / seanet.HopLength),
            SegmentSeconds = json.Number("chunk_length_s"),
            SegmentOverlap = json.Number("overlap") ?? 0,
            Bandwidths = json.Numbers("target_bandwidths", [1.5, 3, 6, 12, 24]),
            Encoder = seanet,
            Decoder = seanet with { TrimRightRatio = json.Number("trim_right_ratio") ?? 1 },
            Quantizer = new() { NumCodebooks = codebooks, Cardinality = json.Int32("codebook_size", 1024) },
        };
    }

    /// <summary>Values by name; one that is missing or null has its default.</summary>
    private readonly struct Reader(JsonElement root, string source)
    {
        public int Int32(string name, int otherwise) => Find(name) switch
        {
            null => otherwise,
            { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out var number) => number,
            _ => throw Wrong(name, "a whole number is expected"),
        };

        public bool Bool(string name, bool otherwise) => Find(name)?.ValueKind switch
        {
            null => otherwise,
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Wrong(name, "true or false is expected"),
        };

        public string Text(string name, string otherwise) => Find(name) switch
        {
            null => otherwise,
            { ValueKind: JsonValueKind.String } value => value.GetString()!,
            _ => throw Wrong(name, "text is expected"),
        };

        public double? Number(string name) => Find(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Number } value when value.TryGetDouble(out var number) && double.IsFinite(number) => number,
            _ => throw Wrong(name, "a number is expected"),
        };

        public IReadOnlyList<double> Numbers(string name, IReadOnlyList<double> otherwise)
        {
            if (Find(name) is not { } list)
            {
                return otherwise;
            }

            if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > LargestList)
            {
                throw Wrong(name, $"a list of at most {LargestList} numbers is expected");
            }

            var numbers = new List<double>();
            foreach (var item in list.EnumerateArray())
            {
                numbers.Add(item.ValueKind == JsonValueKind.Number && item.TryGetDouble(out var number) && double.IsFinite(number)
                    ? number
                    : throw Wrong(name, "numbers are expected"));
            }

            return numbers;
        }

        public CheckpointException Wrong(string name, string expected)
        {
            var text = root.GetProperty(name).GetRawText();
            return new($"{source}: {name} is {(text.Length > 40 ? text[..40] + "…" : text)}; {expected}.");
        }

        private JsonElement? Find(string name) => root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }
}
