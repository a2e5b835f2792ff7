using System.Text.Json;
using System.Text.Json.Nodes;
using AudioCraft.Checkpoints;
using AudioCraft.Codecs;
using AudioCraft.Layers;

namespace AudioCraft.Tests.Codecs;

/// <summary>Models of the golden cases encodec_*, created from the constructor arguments in their config.json.</summary>
internal static class GoldenEncodec
{
    /// <summary>The case's model with its weights, ready to use; <paramref name="variant"/> names an entry of the case's <c>variants</c>.</summary>
    public static EncodecModel Load(string name, string? variant = null)
    {
        using var json = Golden.Config(name);
        EncodecModel model;
        using (new DeferredInitialization())
        {
            model = new EncodecModel(ConfigOf(json.RootElement, variant));
        }

        using var file = SafetensorsFile.Open(Golden.File(name, "weights.safetensors"));
        WeightLoader.Load(model, new WeightNormArchive(file));
        model.eval();
        return model;
    }

    /// <summary>The configuration for the arguments in a config.json.</summary>
    public static EncodecConfig ConfigOf(JsonElement root, string? variant = null)
    {
        var seanet = Merged(root, "seanet", variant);
        var decoder = Merged(root, "decoder", variant);
        var rvq = root.GetProperty("rvq");
        var model = root.GetProperty("model");
        var encoderConfig = new SEANetConfig
        {
            Channels = (int)seanet["channels"]!,
            Dimension = (int)seanet["dimension"]!,
            Filters = (int)seanet["n_filters"]!,
            ResidualLayers = (int)seanet["n_residual_layers"]!,
            Ratios = [.. seanet["ratios"]!.AsArray().Select(n => (int)n!)],
            Activation = new((string)seanet["activation"]!, ParametersOf(seanet["activation_params"])),
            Norm = (string)seanet["norm"]! switch
            {
                "none" => ConvNorm.None,
                "weight_norm" => ConvNorm.WeightNorm,
                "time_group_norm" => ConvNorm.TimeGroupNorm,
                var other => throw new InvalidDataException(other),
            },
            KernelSize = (int)seanet["kernel_size"]!,
            LastKernelSize = (int)seanet["last_kernel_size"]!,
            ResidualKernelSize = (int)seanet["residual_kernel_size"]!,
            DilationBase = (int)seanet["dilation_base"]!,
            Causal = (bool)seanet["causal"]!,
            PaddingMode = (string)seanet["pad_mode"]! == "reflect" ? ConvPaddingMode.Reflect : ConvPaddingMode.Constant,
            TrueSkip = (bool)seanet["true_skip"]!,
            Compress = (int)seanet["compress"]!,
            LstmLayers = (int)seanet["lstm"]!,
            DisableNormOuterBlocks = (int)seanet["disable_norm_outer_blocks"]!,
        };
        return new EncodecConfig
        {
            SampleRate = model.GetProperty("sample_rate").GetInt32(),
            Channels = model.GetProperty("channels").GetInt32(),
            Causal = model.GetProperty("causal").GetBoolean(),
            Renormalize = model.GetProperty("renormalize").GetBoolean(),
            Encoder = encoderConfig,
            Decoder = encoderConfig with
            {
                TrimRightRatio = (double)decoder["trim_right_ratio"]!,
                FinalActivation = decoder["final_activation"] is { } final ? new((string)final!, ParametersOf(decoder["final_activation_params"])) : null,
            },
            Quantizer = new()
            {
                NumCodebooks = rvq.GetProperty("n_q").GetInt32(),
                Cardinality = rvq.GetProperty("bins").GetInt32(),
                Decay = rvq.GetProperty("decay").GetDouble(),
                KMeansInit = rvq.GetProperty("kmeans_init").GetBoolean(),
                KMeansIterations = rvq.GetProperty("kmeans_iters").GetInt32(),
                DeadCodeThreshold = rvq.GetProperty("threshold_ema_dead_code").GetDouble(),
            },
        };
    }

    private static JsonObject Merged(JsonElement root, string section, string? variant)
    {
        var merged = (JsonObject)JsonNode.Parse(root.GetProperty(section).GetRawText())!;
        if (variant is not null)
        {
            foreach (var (key, value) in JsonNode.Parse(root.GetProperty("variants").GetProperty(variant).GetProperty(section).GetRawText())!.AsObject())
            {
                merged[key] = value?.DeepClone();
            }
        }

        return merged;
    }

    private static Dictionary<string, double>? ParametersOf(JsonNode? node) => node?.AsObject().ToDictionary(p => p.Key, p => (double)p.Value!);
}
