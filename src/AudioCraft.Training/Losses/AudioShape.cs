using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>Checks the input of losses and discriminators before any native call.</summary>
internal static class AudioShape
{
    /// <summary>Requires a non-empty [B, C, T] with at least <paramref name="samples"/> samples and, if given, exactly <paramref name="channels"/> channels.</summary>
    /// <exception cref="ArgumentException">The shape is different; the message names it.</exception>
    public static void Check(Tensor sound, string name, long samples = 1, long? channels = null)
    {
        ArgumentNullException.ThrowIfNull(sound, name);
        var shape = sound.shape;
        if (shape.Length != 3 || shape[0] < 1 || shape[1] < 1 || (channels is { } count && shape[1] != count) || !sound.is_floating_point())
        {
            throw new ArgumentException(
                $"{name} is {Text(sound)}; floats [B, C, T] were expected{(channels is null ? "" : $" with {channels} channels")}.", name);
        }

        if (shape[2] < samples)
        {
            throw new ArgumentException($"{name} has {shape[2]} samples; at least {samples} are needed.", name);
        }
    }

    /// <summary>Whether both are on the same device.</summary>
    public static bool SameDevice(Tensor one, Tensor other) => one.device_type == other.device_type && one.device_index == other.device_index;

    /// <summary>Type, shape and device as in <c>Float32 [1, 1, 16000] on cpu</c>.</summary>
    public static string Text(Tensor tensor) => $"{tensor.dtype} [{string.Join(", ", tensor.shape)}] on {tensor.device}";
}
