using System.Globalization;
using AudioCraft.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Cli.Coding;

/// <summary>
/// A codec's codes as they are, for other programs: a <c>.safetensors</c> file with <c>codes</c> [1, K, F] int32, <c>scale</c> [1, C] where the codec has one, and in its metadata
/// what the sound was: <c>model</c>, <c>sample_rate</c>, <c>samples</c>.
/// </summary>
/// <param name="Model">The codec that they are of.</param>
/// <param name="SampleRate">Its rate in hertz.</param>
/// <param name="Samples">Length of the sound.</param>
internal sealed record CodesFile(string Model, int SampleRate, long Samples)
{
    public const string Ending = ".safetensors";

    private const string CodesName = "codes", ScaleName = "scale", ModelKey = "model", RateKey = "sample_rate", SamplesKey = "samples";

    /// <summary>Writes a file, whole or not at all.</summary>
    public void Write(string path, Tensor codes, Tensor? scale)
    {
        using var small = codes.to(ScalarType.Int32, CPU);
        var tensors = new Dictionary<string, Tensor> { [CodesName] = small };
        if (scale is not null)
        {
            tensors[ScaleName] = scale;
        }

        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string>
        {
            [ModelKey] = Model,
            [RateKey] = SampleRate.ToString(CultureInfo.InvariantCulture),
            [SamplesKey] = Samples.ToString(CultureInfo.InvariantCulture),
        });
    }

    /// <summary>What a file says of itself, without its codes.</summary>
    /// <exception cref="AudioCraftException">It is damaged, or of another kind.</exception>
    public static CodesFile ReadHeader(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return Header(file);
    }

    /// <summary>The sound of a file: [C, T] on the CPU.</summary>
    /// <exception cref="AudioCraftException">It is damaged, of another kind, or of another codec.</exception>
    public static Tensor Decode(string path, CompressionModel codec)
    {
        using var file = SafetensorsFile.Open(path);
        var header = Header(file);
        if (header.SampleRate != codec.SampleRate)
        {
            throw new AudioFormatException($"'{path}' has codes of a codec at {header.SampleRate} Hz; this one is at {codec.SampleRate} Hz.");
        }

        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var device = codec.Device;
        var codes = file.Read(CodesName).to(ScalarType.Int64).to(device);
        var scale = file.Tensors.ContainsKey(ScaleName) ? file.Read(ScaleName).to(device) : null;
        try
        {
            var wav = codec.Decode(codes, scale).cpu().squeeze(0);
            return wav.narrow(-1, 0, Math.Min(header.Samples, wav.size(-1))).contiguous().MoveToOuterDisposeScope();
        }
        catch (ArgumentException e)
        {
            throw new AudioFormatException($"'{path}' has codes that are not this codec's: {e.Message}", e);
        }
    }

    private static CodesFile Header(SafetensorsFile file)
    {
        var isWhole = file.Metadata.TryGetValue(RateKey, out var rate) & file.Metadata.TryGetValue(SamplesKey, out var samples);
        return isWhole && file.Tensors.TryGetValue(CodesName, out var codes) && codes is { DType: ScalarType.Int32, Shape: [1, > 0, > 0] }
            && int.TryParse(rate, NumberStyles.None, CultureInfo.InvariantCulture, out var hertz) && hertz > 0
            && long.TryParse(samples, NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length > 0
            ? new CodesFile(file.Metadata.GetValueOrDefault(ModelKey, ""), hertz, length)
            : throw new AudioFormatException($"'{file.Source}' holds no codes: it needs '{CodesName}' [1, K, F] int32, and '{RateKey}' and '{SamplesKey}' in its metadata.");
    }
}
