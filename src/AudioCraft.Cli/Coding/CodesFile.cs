using System.Globalization;
using AudioCraft.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Cli.Coding;

/// <summary>
/// Codes for other programs: a <c>.safetensors</c> file with <c>codes</c> [1, K, F] int32, <c>scale</c> [1, C] if the codec has one, and the metadata
/// <c>model</c>, <c>sample_rate</c> and <c>samples</c>.
/// </summary>
/// <param name="Model">The name of the codec.</param>
/// <param name="SampleRate">The sample rate of the codec in hertz.</param>
/// <param name="Samples">The number of samples per channel.</param>
internal sealed record CodesFile(string Model, int SampleRate, long Samples)
{
    public const string Ending = ".safetensors";

    private const string CodesName = "codes", ScaleName = "scale", ModelKey = "model", RateKey = "sample_rate", SamplesKey = "samples";

    /// <summary>Writes a file, completely or not at all.</summary>
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

    /// <summary>Reads the metadata of a file.</summary>
    /// <exception cref="AudioCraftException">The file is damaged or contains no codes.</exception>
    public static CodesFile ReadHeader(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return Header(file);
    }

    /// <summary>Decodes a file: [C, T] on the CPU.</summary>
    /// <exception cref="AudioCraftException">The file is damaged, contains no codes, or was written with another codec.</exception>
    public static Tensor Decode(string path, CompressionModel codec)
    {
        using var file = SafetensorsFile.Open(path);
        var header = Header(file);
        if (header.SampleRate != codec.SampleRate)
        {
            throw new AudioFormatException($"'{path}' was written with a codec at {header.SampleRate} Hz, but this one is at {codec.SampleRate} Hz.");
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
            throw new AudioFormatException($"'{path}' has codes that do not fit this codec: {e.Message}", e);
        }
    }

    private static CodesFile Header(SafetensorsFile file)
    {
        var isWhole = file.Metadata.TryGetValue(RateKey, out var rate) & file.Metadata.TryGetValue(SamplesKey, out var samples);
        return isWhole && file.Tensors.TryGetValue(CodesName, out var codes) && codes is { DType: ScalarType.Int32, Shape: [1, > 0, > 0] }
            && int.TryParse(rate, NumberStyles.None, CultureInfo.InvariantCulture, out var hertz) && hertz > 0
            && long.TryParse(samples, NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length > 0
            ? new CodesFile(file.Metadata.GetValueOrDefault(ModelKey, ""), hertz, length)
            : throw new AudioFormatException($"'{file.Source}' contains no codes: it needs '{CodesName}' [1, K, F] int32, and '{RateKey}' and '{SamplesKey}' in its metadata.");
    }
}
