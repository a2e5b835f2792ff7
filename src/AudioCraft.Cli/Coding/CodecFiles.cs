using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Cli.Coding;

/// <summary>Encodes audio to files: .ecdc for EnCodec, .dac for DAC, .safetensors for both.</summary>
internal static class CodecFiles
{
    public const string Ecdc = ".ecdc", Dac = ".dac";

    private const int PieceSeconds = 5;

    /// <summary>The default extension of a codec's files.</summary>
    public static string EndingOf(CompressionModel codec) => codec switch { EncodecModel => Ecdc, DacModel => Dac, _ => CodesFile.Ending };

    /// <summary>Throws if the codec does not support the extension.</summary>
    public static void CheckEnding(string path, CompressionModel codec)
    {
        var ending = Path.GetExtension(path).ToLowerInvariant();
        if (ending != EndingOf(codec) && ending != CodesFile.Ending)
        {
            throw new UsageException($"'{path}' ends in '{ending}'; a {codec.GetType().Name} writes {EndingOf(codec)} and {CodesFile.Ending}.");
        }
    }

    /// <summary>How audio is read for a file: converted to the codec's sample rate and channels while it is decoded, except for .dac files, which store the sample rate and channels of the audio.</summary>
    public static AudioReadOptions ReadOptions(CompressionModel codec, string path, ILogger logger) => Path.GetExtension(path).Equals(Dac, StringComparison.OrdinalIgnoreCase)
        ? new() { Logger = logger }
        : new() { SampleRate = codec.SampleRate, Channels = codec.Channels, Logger = logger };

    /// <summary>Encodes audio and writes the file, completely or not at all.</summary>
    /// <param name="codec">The codec.</param>
    /// <param name="codebooks">The number of codebooks.</param>
    /// <param name="wav">[C, T].</param>
    /// <param name="rate">The sample rate in hertz.</param>
    /// <param name="path">The file.</param>
    /// <param name="languageModel">For smaller .ecdc files; or null.</param>
    /// <param name="progress">Receives the completed fraction.</param>
    /// <param name="cancellationToken">Checked between chunks.</param>
    public static void Write(CompressionModel codec, int codebooks, Tensor wav, int rate, string path, EncodecLanguageModel? languageModel, IProgress<double> progress, CancellationToken cancellationToken)
    {
        switch (codec, Path.GetExtension(path).ToLowerInvariant())
        {
            case (EncodecModel encodec, Ecdc):
                EcdcFile.Compress(encodec, wav, rate, path, new EcdcOptions { Codebooks = codebooks, LanguageModel = languageModel }, progress, cancellationToken);
                break;
            case (DacModel dac, Dac):
                new DacCompressor(dac).Compress(wav, rate, new DacCompressOptions { Codebooks = codebooks }, progress, cancellationToken).Write(path);
                break;
            default:
                WriteCodes(codec, codebooks, wav, rate, path, progress, cancellationToken);
                break;
        }
    }

    private static void WriteCodes(
        CompressionModel codec, int codebooks, Tensor wav, int rate, string path, IProgress<double> progress, CancellationToken cancellationToken)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var converted = AudioConversion.Convert(wav, rate, codec.SampleRate, codec.Channels);
        if (converted.size(-1) == 0)
        {
            throw new AudioFormatException($"The audio has {wav.size(-1)} samples at {rate} Hz, which is less than one sample at {codec.SampleRate} Hz.");
        }

        var (codes, scale) = Encode(codec, codebooks, converted.unsqueeze(0), progress, cancellationToken);
        new CodesFile(codec.PretrainedName!, codec.SampleRate, converted.size(-1)).Write(path, codes, scale);
        progress.Report(1);
    }

    /// <summary>Encodes in pieces if the codec supports streams; otherwise, because the codes depend on the whole audio, at once.</summary>
    private static (Tensor Codes, Tensor? Scale) Encode(
        CompressionModel codec, int codebooks, Tensor wav, IProgress<double> progress, CancellationToken cancellationToken)
    {
        IEnumerable<Tensor> stream;
        try
        {
            stream = codec.EncodeStream(Pieces(codec, wav, progress, cancellationToken), disposePieces: true, codebooks);
        }
        catch (NotSupportedException)
        {
            return codec.Encode(wav.to(codec.Device), codebooks);
        }

        var codes = new List<Tensor>();
        foreach (var frames in stream)
        {
            using (frames)
            {
                codes.Add(frames.to(ScalarType.Int32, CPU));
            }
        }

        return (cat(codes, 2), null);
    }

    /// <summary>The audio on the codec's device, one piece at a time.</summary>
    private static IEnumerable<Tensor> Pieces(CompressionModel codec, Tensor wav, IProgress<double> progress, CancellationToken cancellationToken)
    {
        var samples = wav.size(2);
        var piece = (long)PieceSeconds * codec.SampleRate;
        for (long start = 0; start < samples; start += piece)
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress.Report((double)start / samples);
            using var part = wav.narrow(2, start, Math.Min(piece, samples - start));
            yield return part.to(codec.Device, copy: true);
        }
    }
}
