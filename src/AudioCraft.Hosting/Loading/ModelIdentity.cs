using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Hosting;

/// <summary>Compares what options load.</summary>
internal static class ModelIdentity
{
    /// <summary>
    /// Whether a codec's options load the codec of a generator's: the same model, from the same source, to the same device, with the same precision. A codec that is configured
    /// after loading is not shared, because the generator would be changed with it.
    /// </summary>
    public static bool IsCodecOf(AudioCraftCodecOptions codec, AudioCraftOptions generator) =>
        codec.ConfigureModel is null && Name(codec.Model) == Name(generator.Model) && Comparable(codec.Pretrained) == Comparable(generator.Pretrained)
        && SameDevice(codec.Pretrained.Device, generator.Pretrained.Device);

    private static string Name(string model) =>
        Directory.Exists(model) || File.Exists(model) ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(model)) : model;

    /// <summary>The options without those that do not change what is loaded, and without the device, which is compared by its type and index.</summary>
    private static PretrainedOptions Comparable(PretrainedOptions options) => options with
    {
        Device = null,
        TextEncoder = null,
        Logger = null,
        Token = null,
        HttpClient = null,
        Offline = null,
    };

    private static bool SameDevice(Device? first, Device? second)
    {
        var (a, b) = (Actual(first), Actual(second));
        return a.type == b.type && Index(a) == Index(b);
    }

    private static Device Actual(Device? device) => device ?? (cuda.is_available() ? CUDA : CPU);

    // "cuda" is the first GPU.
    private static int Index(Device device) => Math.Max(0, device.index);
}
