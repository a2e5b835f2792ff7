using System.Text.Json;
using AudioCraft.Checkpoints;
using AudioCraft.Codecs;
using AudioCraft.Formats;
using AudioCraft.Layers;

namespace AudioCraft.Tests.Codecs;

/// <summary>Models of the golden cases encodec_original_*, which were recorded with facebookresearch/encodec.</summary>
internal static class OriginalEncodecFixture
{
    public static readonly string[] Names = ["encodec_original_24k", "encodec_original_48k"];

    public static EncodecModel Load(string name)
    {
        EncodecModel model;
        using (new DeferredInitialization())
        {
            model = new EncodecModel(ConfigOf(name));
        }

        using var file = SafetensorsFile.Open(Golden.File(name, "weights.safetensors"));
        WeightLoader.Load(model, new WeightNormArchive(file));
        model.eval();
        return model;
    }

    public static EncodecConfig ConfigOf(string name)
    {
        using var json = Golden.Config(name);
        var root = json.RootElement;
        JsonElement seanet = root.GetProperty("seanet"), model = root.GetProperty("model"), rvq = root.GetProperty("rvq");
        var shape = new SEANetConfig
        {
            Channels = Int(seanet, "channels"),
            Dimension = Int(seanet, "dimension"),
            Filters = Int(seanet, "n_filters"),
            ResidualLayers = Int(seanet, "n_residual_layers"),
            Ratios = [.. seanet.GetProperty("ratios").EnumerateArray().Select(r => r.GetInt32())],
            Norm = seanet.GetProperty("norm").GetString() == "weight_norm" ? ConvNorm.WeightNorm : ConvNorm.TimeGroupNorm,
            Causal = seanet.GetProperty("causal").GetBoolean(),
            TrueSkip = seanet.GetProperty("true_skip").GetBoolean(),
            LstmLayers = Int(seanet, "lstm"),
        };
        return new EncodecConfig
        {
            SampleRate = Int(model, "sample_rate"),
            Channels = Int(model, "channels"),
            Causal = shape.Causal,
            Renormalize = model.GetProperty("normalize").GetBoolean(),
            FrameRate = Int(root, "frame_rate"),
            SegmentSeconds = model.GetProperty("segment") is { ValueKind: JsonValueKind.Number } seconds ? seconds.GetDouble() : null,
            SegmentOverlap = model.GetProperty("overlap").GetDouble(),
            Bandwidths = [.. model.GetProperty("target_bandwidths").EnumerateArray().Select(b => b.GetDouble())],
            Encoder = shape,
            Quantizer = new() { NumCodebooks = Int(rvq, "n_q"), Cardinality = Int(rvq, "bins") },
        };
    }

    /// <summary>The model's name in the files of a case.</summary>
    public static string ModelNameOf(string name)
    {
        using var json = Golden.Config(name);
        return json.RootElement.GetProperty("name").GetString()!;
    }

    public static EncodecLanguageModel LoadLanguageModel(string name = "encodec_original_24k")
    {
        using var json = Golden.Config(name);
        JsonElement lm = json.RootElement.GetProperty("lm"), rvq = json.RootElement.GetProperty("rvq");
        using var file = SafetensorsFile.Open(Golden.File(name, "lm_weights.safetensors"));
        return EncodecLanguageModelLoader.Load(
            file,
            new EncodecLanguageModelConfig
            {
                Codebooks = Int(rvq, "n_q"),
                Cardinality = Int(rvq, "bins"),
                Dimension = Int(lm, "dim"),
                Layers = Int(lm, "num_layers"),
                Heads = Int(lm, "num_heads"),
                HiddenDimension = 4 * Int(lm, "dim"),
                PastContext = Int(lm, "past_context"),
            });
    }

    /// <summary>The .ecdc files of a case: their name, bandwidth, and whether they need the language model.</summary>
    public static IEnumerable<(string File, double Bandwidth, bool UsesLanguageModel)> Files(string name)
    {
        using var json = Golden.Config(name);
        return
        [
            .. json.RootElement.GetProperty("ecdc").EnumerateArray().Select(
                e => (e.GetProperty("file").GetString()!, e.GetProperty("bandwidth").GetDouble(), e.GetProperty("use_lm").GetBoolean())),
        ];
    }

    private static int Int(JsonElement element, string name) => element.GetProperty(name).GetInt32();
}
