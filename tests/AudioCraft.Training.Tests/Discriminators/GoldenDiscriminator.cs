using System.Text.Json;
using AudioCraft.Checkpoints;
using AudioCraft.Codecs;
using AudioCraft.Tests;
using AudioCraft.Training.Tests.Losses;

namespace AudioCraft.Training.Tests.Discriminators;

/// <summary>Creates discriminators with the recorded arguments and weights. Other arguments have our defaults, which must be upstream's.</summary>
internal static class GoldenDiscriminator
{
    public static MultiDiscriminator Load(string name)
    {
        using var json = Golden.Config(name);
        var model = Make(json.RootElement.GetProperty("cls").GetString()!, json.RootElement.GetProperty("kwargs"));
        using var weights = SafetensorsFile.Open(Golden.File(name, "weights.safetensors"));
        WeightLoader.Load(model, weights);
        model.eval();
        return model;
    }

    private static MultiDiscriminator Make(string type, JsonElement kwargs)
    {
        var a = new Arguments(kwargs);
        int inputs = a.Int("in_channels", 1), outputs = a.Int("out_channels", 1);
        var activation = a.IsNull("activation") && a.IsNull("activation_params") ? null : new ActivationConfig(
            a.IsNull("activation") ? "LeakyReLU" : a["activation"].GetString()!,
            a.IsNull("activation_params")
                ? new Dictionary<string, double> { ["negative_slope"] = 0.2 }
                : a["activation_params"].EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetDouble()));
        var norm = a.IsNull("norm") ? DiscriminatorNorm.WeightNorm : Norm(a["norm"].GetString()!);
        return type switch
        {
            "MultiPeriodDiscriminator" => new MultiPeriodDiscriminator(
                inputs, outputs, a.Ints("periods"), a.Int("n_layers", 5), a.Ints("kernel_sizes"), a.Int("stride", 3), a.Int("filters", 8),
                a.Int("filters_scale", 4), a.Int("max_filters", 1024), norm, activation),
            "MultiScaleDiscriminator" => new MultiScaleDiscriminator(
                inputs, outputs, a.Int("downsample_factor", 2),
                a.IsNull("scale_norms") ? null : a["scale_norms"].EnumerateArray().Select(n => Norm(n.GetString()!)).ToArray(), a.Ints("kernel_sizes"),
                a.Int("filters", 16), a.Int("max_filters", 1024), a.Ints("downsample_scales"), a.Ints("inner_kernel_sizes"), a.Ints("groups"),
                a.Ints("strides"), a.Ints("paddings"), activation, upstreamScales: true),
            "MultiScaleSTFTDiscriminator" => new MultiScaleSTFTDiscriminator(
                a.Int("filters"), inputs, outputs, a.Flag("sep_channels", false), a.Ints("n_ffts"), a.Ints("hop_lengths"), a.Ints("win_lengths"),
                a.Int("max_filters", 1024), a.Int("filters_scale", 1), Pair(a.Ints("kernel_size")), a.Ints("dilations"), Pair(a.Ints("stride")),
                a.Flag("normalized", true), norm, activation),
            _ => throw new NotSupportedException($"No discriminator {type}."),
        };
    }

    private static (int, int)? Pair(int[]? values) => values is null ? null : (values[0], values[1]);

    private static DiscriminatorNorm Norm(string name) => name switch
    {
        "none" => DiscriminatorNorm.None,
        "weight_norm" => DiscriminatorNorm.WeightNorm,
        "spectral_norm" => DiscriminatorNorm.SpectralNorm,
        "time_group_norm" => DiscriminatorNorm.TimeGroupNorm,
        _ => throw new NotSupportedException($"No norm {name}."),
    };
}
