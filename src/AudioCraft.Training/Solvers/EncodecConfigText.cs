using System.Globalization;
using System.Text;
using AudioCraft.Codecs;

namespace AudioCraft.Training;

/// <summary>Writes the configuration of a codec as YAML, as in upstream's checkpoints.</summary>
public static class EncodecConfigText
{
    /// <summary>Writes the YAML text.</summary>
    /// <param name="config">A configuration without segments.</param>
    /// <exception cref="ArgumentException">A value is out of range, or encoder and decoder differ in more than YAML can express.</exception>
    public static string Write(EncodecConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        var (encoder, decoder) = (config.Encoder, config.Decoder ?? config.Encoder);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"compression_model: encodec\nsample_rate: {config.SampleRate}\nchannels: {config.Channels}\n");
        text.Append("encodec:\n  autoencoder: seanet\n  quantizer: rvq\n  sample_rate: ${sample_rate}\n  channels: ${channels}\n");
        text.Append(CultureInfo.InvariantCulture, $"  causal: {Text(config.Causal)}\n  renormalize: {Text(config.Renormalize)}\n");
        text.Append("seanet:\n");
        foreach (var (key, value) in Shared(encoder))
        {
            text.Append(CultureInfo.InvariantCulture, $"  {key}: {value}\n");
        }

        text.Append("  encoder: {}\n  decoder:\n");
        var differing = Shared(decoder).Where(d => Shared(encoder).Single(e => e.Key == d.Key).Value != d.Value);
        foreach (var (key, value) in differing.Concat(DecoderOnly(decoder)))
        {
            text.Append(CultureInfo.InvariantCulture, $"    {key}: {value}\n");
        }

        var q = config.Quantizer;
        text.Append(CultureInfo.InvariantCulture, $"rvq:\n  n_q: {q.NumCodebooks}\n  q_dropout: {Text(q.CodebookDropout)}\n  bins: {q.Cardinality}\n  decay: {Text(q.Decay)}\n");
        text.Append(CultureInfo.InvariantCulture, $"  kmeans_init: {Text(q.KMeansInit)}\n  kmeans_iters: {q.KMeansIterations}\n  threshold_ema_dead_code: {Text(q.DeadCodeThreshold)}\n");
        text.Append(CultureInfo.InvariantCulture, $"  orthogonal_reg_weight: {Text(q.OrthogonalWeight)}\n  orthogonal_reg_active_codes_only: {Text(q.OrthogonalActiveCodesOnly)}\n");
        text.Append(CultureInfo.InvariantCulture, $"  orthogonal_reg_max_codes: {q.OrthogonalMaxCodes?.ToString(CultureInfo.InvariantCulture) ?? "null"}\n");
        return text.ToString();
    }

    private static List<KeyValuePair<string, string>> Shared(SEANetConfig c) =>
    [
        new("channels", Text(c.Channels)), new("dimension", Text(c.Dimension)), new("n_filters", Text(c.Filters)), new("n_residual_layers", Text(c.ResidualLayers)),
        new("ratios", $"[{string.Join(", ", c.Ratios)}]"), new("activation", c.Activation.Name), new("activation_params", Parameters(c.Activation)),
        new("norm", c.Norm switch { ConvNorm.WeightNorm => "weight_norm", ConvNorm.TimeGroupNorm => "time_group_norm", _ => "none" }),
        new("norm_params", c.Norm == ConvNorm.TimeGroupNorm ? $"{{eps: {Text(c.NormEpsilon)}}}" : "{}"),
        new("kernel_size", Text(c.KernelSize)), new("last_kernel_size", Text(c.LastKernelSize)), new("residual_kernel_size", Text(c.ResidualKernelSize)),
        new("dilation_base", Text(c.DilationBase)), new("causal", Text(c.Causal)), new("pad_mode", c.PaddingMode == ConvPaddingMode.Reflect ? "reflect" : "constant"),
        new("true_skip", Text(c.TrueSkip)), new("compress", Text(c.Compress)), new("lstm", Text(c.LstmLayers)), new("disable_norm_outer_blocks", Text(c.DisableNormOuterBlocks)),
    ];

    private static List<KeyValuePair<string, string>> DecoderOnly(SEANetConfig c) =>
    [
        new("trim_right_ratio", Text(c.TrimRightRatio)),
        new("final_activation", c.FinalActivation?.Name ?? "null"),
        new("final_activation_params", c.FinalActivation is { } f ? Parameters(f) : "null"),
    ];

    private static string Parameters(ActivationConfig activation) =>
        $"{{{string.Join(", ", (activation.Parameters ?? new Dictionary<string, double>()).Select(p => $"{p.Key}: {Text(p.Value)}"))}}}";

    private static string Text(bool value) => value ? "true" : "false";

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    // YAML 1.1 parses 1E-05 as a string.
    private static string Text(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture).ToLowerInvariant();
        return text.Contains('e', StringComparison.Ordinal) && !text.Contains('.', StringComparison.Ordinal) ? text.Replace("e", ".0e", StringComparison.Ordinal) : text.Contains('.', StringComparison.Ordinal) ? text : text + ".0";
    }
}
