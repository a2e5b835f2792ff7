using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Cli.Coding;

/// <summary>Sound into a file of codes: .ecdc for EnCodec, .dac for DAC, .safetensors for either.</summary>
internal static class Encoding
{
    public const string Ecdc = ".ecdc", Dac = ".dac";

    private const int LongestName = 64;

    /// <summary>The usual ending of a codec's files.</summary>
    public static string EndingOf(CompressionModel codec) => codec switch { EncodecModel => Ecdc, DacModel => Dac, _ => CodesFile.Ending };

    /// <summary>Refuses an ending that the codec has no format for.</summary>
    public static void CheckEnding(string path, CompressionModel codec)
    {
        var ending = Path.GetExtension(path).ToLowerInvariant();
        if (ending != EndingOf(codec) && ending != CodesFile.Ending)
        {
            throw new UsageException($"'{path}' ends in '{ending}'; a {codec.GetType().Name} writes {EndingOf(codec)} and {CodesFile.Ending}.");
        }
    }

    /// <summary>Codebooks that a bitrate pays for.</summary>
    /// <exception cref="UsageException">It pays for none, or is none.</exception>
    public static int CodebooksFor(double kilobits, CompressionModel codec)
    {
        var each = Math.Log2(codec.Cardinality) * codec.FrameRate / 1000;
        var count = Math.Floor((kilobits / each) + 1e-9);
        return count >= 1 ? (int)Math.Min(count, codec.TotalCodebooks) : throw new UsageException(FormattableString.Invariant($"--bitrate {kilobits} pays for no codebook of this codec: each takes {each:0.###} kb/s."));
    }

    /// <summary>Encodes a sound and writes it, whole or not at all.</summary>
    /// <param name="codec">The codec, with the codebooks that are to be used.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="wav">[C, T].</param>
    /// <param name="rate">In hertz.</param>
    /// <param name="path">The file.</param>
    /// <param name="languageModel">Makes .ecdc files smaller; or null.</param>
    /// <param name="progress">Told the share that is done.</param>
    /// <param name="ct">Ends it between pieces.</param>
    public static void Write(CompressionModel codec, string name, Tensor wav, int rate, string path, EncodecLanguageModel? languageModel, IProgress<double> progress, CancellationToken ct)
    {
        switch (codec, Path.GetExtension(path).ToLowerInvariant())
        {
            case (EncodecModel encodec, Ecdc):
                EcdcFile.Compress(encodec, wav, rate, path, new EcdcOptions { ModelName = NameInFile(encodec, name), LanguageModel = languageModel }, progress, ct);
                break;
            case (DacModel dac, Dac):
                new DacCodec(dac).Compress(wav, rate, null, progress, ct).Write(path);
                break;
            default:
                WriteCodes(codec, name, wav, rate, path);
                progress.Report(1);
                break;
        }
    }

    /// <summary>The name that upstream knows, where it knows the kind; else the model's own, as far as a file can have it.</summary>
    private static string? NameInFile(EncodecModel codec, string name)
    {
        if ((codec.SampleRate, codec.Channels) is (24000, 1) or (48000, 2))
        {
            return null;
        }

        var last = Path.GetFileName(Path.TrimEndingDirectorySeparator(name));
        var plain = string.Concat((Directory.Exists(name) || File.Exists(name) ? last : name).Where(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '/'));
        return plain.Length is > 0 and <= LongestName ? plain : "codec";
    }

    private static void WriteCodes(CompressionModel codec, string name, Tensor wav, int rate, string path)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var converted = AudioConversion.Convert(wav, rate, codec.SampleRate, codec.Channels);
        if (converted.size(-1) == 0)
        {
            throw new AudioFormatException($"The sound has {wav.size(-1)} samples at {rate} Hz, which leaves none at {codec.SampleRate} Hz.");
        }

        var (codes, scale) = codec.Encode(converted.unsqueeze(0).to(codec.Device));
        new CodesFile(name, codec.SampleRate, converted.size(-1)).Write(path, codes, scale);
    }
}
