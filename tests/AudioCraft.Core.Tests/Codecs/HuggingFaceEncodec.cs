using System.Text.Json;
using System.Text.RegularExpressions;
using AudioCraft.Checkpoints;
using AudioCraft.Codecs;
using AudioCraft.Tests.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

/// <summary>The golden cases encodec_* in Hugging Face's layout.</summary>
internal static partial class HuggingFaceEncodec
{
    /// <summary>Writes <c>config.json</c> and <c>model.safetensors</c> of a case.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="name">The case.</param>
    /// <param name="variant">An entry of its <c>variants</c>, or null.</param>
    /// <param name="newSpelling">Whether weight norm is spelled as newer PyTorch does.</param>
    public static void Write(TemporaryFolder folder, string name, string? variant = null, bool newSpelling = false)
    {
        using var json = Golden.Config(name);
        Write(folder, name, GoldenEncodec.ConfigOf(json.RootElement, variant), newSpelling);
    }

    /// <summary>Writes both files of a case with a given configuration.</summary>
    public static void Write(TemporaryFolder folder, string name, EncodecConfig config, bool newSpelling = false)
    {
        folder.Write("config.json", JsonSerializer.SerializeToUtf8Bytes(Config(config)));
        WriteWeights(folder.File("model.safetensors"), name, newSpelling);
    }

    /// <summary>Writes the weights with Hugging Face's names.</summary>
    public static void WriteWeights(string path, string name, bool newSpelling = false)
    {
        using var file = SafetensorsFile.Open(Golden.File(name, "weights.safetensors"));
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(path, file.Tensors.Keys.ToDictionary(k => Renamed(k, newSpelling), file.Read));
    }

    /// <summary>The config.json that transformers writes, including defaults.</summary>
    public static Dictionary<string, object?> Config(EncodecConfig config) => new()
    {
        ["architectures"] = new[] { "EncodecModel" },
        ["model_type"] = "encodec",
        ["audio_channels"] = config.Channels,
        ["chunk_length_s"] = config.SegmentSeconds,
        ["codebook_dim"] = config.Encoder.Dimension,
        ["codebook_size"] = config.Quantizer.Cardinality,
        ["compress"] = config.Encoder.Compress,
        ["dilation_growth_rate"] = config.Encoder.DilationBase,
        ["hidden_size"] = config.Encoder.Dimension,
        ["kernel_size"] = config.Encoder.KernelSize,
        ["last_kernel_size"] = config.Encoder.LastKernelSize,
        ["norm_type"] = config.Encoder.Norm switch { ConvNorm.WeightNorm => "weight_norm", ConvNorm.TimeGroupNorm => "time_group_norm", _ => "none" },
        ["normalize"] = config.Renormalize,
        ["num_filters"] = config.Encoder.Filters,
        ["num_lstm_layers"] = config.Encoder.LstmLayers,
        ["num_residual_layers"] = config.Encoder.ResidualLayers,
        ["overlap"] = config.SegmentSeconds is null ? null : config.SegmentOverlap,
        ["pad_mode"] = config.Encoder.PaddingMode.ToString().ToLowerInvariant(),
        ["residual_kernel_size"] = config.Encoder.ResidualKernelSize,
        ["sampling_rate"] = config.SampleRate,
        ["target_bandwidths"] = config.Bandwidths.Count == 0 ? [1.5, 3.0] : config.Bandwidths,
        ["torch_dtype"] = "float32",
        ["trim_right_ratio"] = config.DecoderOrDefault.TrimRightRatio,
        ["upsampling_ratios"] = config.Encoder.Ratios,
        ["use_causal_conv"] = config.Causal,
        ["use_conv_shortcut"] = !config.Encoder.TrueSkip,
    };

    /// <summary>The names of the weights in the released checkpoints.</summary>
    public static string Renamed(string name, bool newSpelling = false)
    {
        name = Codebook().Replace(name, "quantizer.layers.$1.codebook.");
        name = name.Replace("encoder.model.", "encoder.layers.", StringComparison.Ordinal).Replace("decoder.model.", "decoder.layers.", StringComparison.Ordinal);
        name = name.Replace(".conv.conv.", ".conv.", StringComparison.Ordinal).Replace(".convtr.convtr.", ".conv.", StringComparison.Ordinal);
        name = name.Replace(".conv.norm.", ".norm.", StringComparison.Ordinal).Replace(".convtr.norm.", ".norm.", StringComparison.Ordinal);
        return newSpelling
            ? name.Replace("weight_g", "parametrizations.weight.original0", StringComparison.Ordinal)
                .Replace("weight_v", "parametrizations.weight.original1", StringComparison.Ordinal)
            : name;
    }

    [GeneratedRegex(@"^quantizer\.vq\.layers\.(\d+)\._codebook\.")]
    private static partial Regex Codebook();
}
