using AudioCraft.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>Loads the weights of a language model from an archive with upstream's names.</summary>
internal static class LMWeights
{
    /// <summary>
    /// Loads the weights. The names of attention matrices may have upstream's infix <c>mha.</c>. Stored frequencies of rotary positions are ignored, as they follow
    /// from the configuration.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="archive">The weights.</param>
    /// <param name="options">How names are mapped, or null.</param>
    /// <param name="precision">Precision of the matrices. Each is packed as soon as it is loaded, so that at most one is in memory as float32.</param>
    /// <exception cref="CheckpointException">A tensor is missing, unexpected, of another shape or unreadable.</exception>
    public static void Load(LMModel model, TensorArchive archive, WeightLoadOptions? options = null, ModelPrecision precision = ModelPrecision.Float32)
    {
        options ??= new WeightLoadOptions();
        if (precision != ModelPrecision.Float32)
        {
            var matrices = model.Matrices;
            options = options with
            {
                Loaded = name =>
                {
                    if (matrices.TryGetValue(name, out var matrix))
                    {
                        matrix.Pack(precision);
                    }
                },
            };
        }

        var mayBeUnused = options.MayBeUnused;
        WeightLoader.Load(model, archive, options with
        {
            Rename = options.Rename ?? (name => archive.Tensors.ContainsKey(options.Prefix + Prefixed(name)) ? Prefixed(name) : name),
            MayBeUnused = name => IsRotaryTable(name) || mayBeUnused?.Invoke(name) == true,
        });
    }

    /// <summary>Checks that a device supports a precision.</summary>
    /// <exception cref="ArgumentException">It does not.</exception>
    public static void CheckPrecision(ModelPrecision precision, Device device)
    {
        if (precision == (device.type == DeviceType.CPU ? ModelPrecision.Float16 : ModelPrecision.Int8))
        {
            throw new ArgumentException(
                $"{nameof(PretrainedOptions.Precision)} {precision} is for the {(device.type == DeviceType.CPU ? "GPU" : "CPU")}; the model's device is {device}.", nameof(precision));
        }
    }

    /// <summary>Loads the weights in the precision for a device and moves the model to it.</summary>
    /// <exception cref="CheckpointException">A tensor is missing, unexpected, of another shape or unreadable.</exception>
    public static void LoadTo(Device device, LMModel model, TensorArchive archive, ModelPrecision precision)
    {
        var isCpu = device.type == DeviceType.CPU;
        Load(model, archive, precision: isCpu ? precision : ModelPrecision.Float32);
        if (!isCpu && precision != ModelPrecision.Float32)
        {
            model.ConvertTo(precision == ModelPrecision.Float16 ? ScalarType.Float16 : ScalarType.BFloat16);
        }

        model.to(device);
        model.eval();
    }

    private static bool IsRotaryTable(string name) =>
        name.EndsWith(".rope.frequencies", StringComparison.Ordinal) || name.EndsWith(".rope.xpos.decay_rates", StringComparison.Ordinal);

    private static string Prefixed(string name)
    {
        foreach (var attention in (string[])[".self_attn.", ".cross_attention."])
        {
            name = name.Replace($"{attention}in_proj_", $"{attention}mha.in_proj_", StringComparison.Ordinal)
                .Replace($"{attention}out_proj.", $"{attention}mha.out_proj.", StringComparison.Ordinal);
        }

        return name;
    }
}
