using System.Globalization;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>Distances of a codec with a number of codebooks.</summary>
/// <param name="Sounds">Name of the audio.</param>
/// <param name="Codebooks">Number of codebooks.</param>
/// <param name="KilobitsPerSecond">Bit rate of the codes.</param>
/// <param name="SiSnr">Scale-invariant signal-to-noise ratio in dB, averaged over clips; higher is better.</param>
/// <param name="MelDistance"><see cref="MultiScaleMelSpectrogramLoss"/> with its defaults, averaged over clips; lower is better.</param>
public sealed record CodecFigure(string Sounds, int Codebooks, double KilobitsPerSecond, double SiSnr, double MelDistance);

/// <summary>Measures the distances of a codec.</summary>
public static class CodecEvaluation
{
    /// <summary>Encodes and decodes audio with one codebook, two, and so on to all.</summary>
    /// <param name="codec">The codec, in evaluation mode.</param>
    /// <param name="name">Name of the audio in the table.</param>
    /// <param name="sounds">Samples of one channel at the codec's rate, each of at least half a second; copied to all channels of the codec.</param>
    /// <param name="cancellationToken">Checked between clips.</param>
    /// <exception cref="ArgumentException">There is no audio, or a clip is too short.</exception>
    public static IReadOnlyList<CodecFigure> Measure(CompressionModel codec, string name, IReadOnlyList<float[]> sounds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(codec);
        ArgumentNullException.ThrowIfNull(sounds);
        if (sounds.Count == 0 || sounds.Min(s => s.Length) < codec.SampleRate / 2)
        {
            throw new ArgumentException($"At least one clip of half a second ({codec.SampleRate / 2} samples) was expected.", nameof(sounds));
        }

        using var snr = new SISNRLoss(codec.SampleRate, segment: null);
        using var mel = new MultiScaleMelSpectrogramLoss(codec.SampleRate);
        var (figures, before) = (new List<CodecFigure>(), codec.NumCodebooks);
        try
        {
            for (var n = 1; n <= codec.TotalCodebooks; n++)
            {
                codec.SetNumCodebooks(n);
                double ratio = 0, distance = 0;
                foreach (var sound in sounds)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    using var scope = NewDisposeScope();
                    using var guard = no_grad();
                    var original = Input(codec, sound);
                    var decoded = RoundTrip(codec, original);
                    ratio -= snr.forward(decoded, original).item<float>();
                    distance += mel.forward(decoded, original).item<float>();
                }

                var rate = codec.FrameRate * n * Math.Log2(codec.Cardinality) / 1000;
                figures.Add(new CodecFigure(name, n, rate, ratio / sounds.Count, distance / sounds.Count));
            }
        }
        finally
        {
            codec.SetNumCodebooks(before);
        }

        return figures;
    }

    /// <summary>Encodes and decodes audio; returns the first channel, with the length of the input.</summary>
    /// <param name="codec">The codec, in evaluation mode.</param>
    /// <param name="sound">Samples of one channel at the codec's rate.</param>
    /// <exception cref="ArgumentException">The audio is empty.</exception>
    public static float[] RoundTrip(CompressionModel codec, float[] sound)
    {
        ArgumentNullException.ThrowIfNull(codec);
        ArgumentNullException.ThrowIfNull(sound);
        if (sound.Length == 0)
        {
            throw new ArgumentException("The audio is empty.", nameof(sound));
        }

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        return [.. RoundTrip(codec, Input(codec, sound))[0, 0].cpu().contiguous().data<float>()];
    }

    /// <summary>Formats results as a table in Markdown.</summary>
    /// <param name="figures">Results of one codec.</param>
    public static string ToMarkdown(IEnumerable<CodecFigure> figures)
    {
        ArgumentNullException.ThrowIfNull(figures);
        var text = new StringBuilder();
        text.AppendLine("| Sounds | Codebooks | kbit/s | SI-SNR (dB) | Multi-scale mel distance |").AppendLine("|---|---:|---:|---:|---:|");
        foreach (var f in figures)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {f.Sounds} | {f.Codebooks} | {f.KilobitsPerSecond:f2} | {f.SiSnr:f2} | {f.MelDistance:f3} |");
        }

        return text.ToString();
    }

    private static Tensor Input(CompressionModel codec, float[] sound) =>
        tensor(sound).view(1, 1, -1).expand(1, codec.Channels, sound.Length).contiguous().to(codec.Device);

    private static Tensor RoundTrip(CompressionModel codec, Tensor sound)
    {
        var (codes, scale) = codec.Encode(sound);
        return codec.Decode(codes, scale).narrow(2, 0, sound.size(2));
    }
}
