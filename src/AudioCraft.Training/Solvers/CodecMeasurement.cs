using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// Quality of a codec with its first codebook, its first two, and so on: <c>sisnr_K</c> in decibels (higher is better), <c>mel_K</c>, the multi-scale mel distance
/// (lower is better), and <c>perplexity_K</c>, the effective number of entries of codebook K.
/// </summary>
public sealed class CodecMeasurement : IDisposable
{
    private readonly SISNRLoss sisnr;
    private readonly MultiScaleMelSpectrogramLoss mel;
    private readonly Dictionary<int, Dictionary<long, long>> usage = [];

    /// <param name="sampleRate">Sample rate of the codec, in hertz.</param>
    public CodecMeasurement(int sampleRate)
    {
        sisnr = new SISNRLoss(sampleRate, segment: null);
        mel = new MultiScaleMelSpectrogramLoss(sampleRate, fMin: 64, normalized: true, alphas: false);
    }

    /// <summary>Resets the usage of the entries.</summary>
    public void Begin() => usage.Clear();

    /// <summary>Encodes and decodes audio and adds its metrics.</summary>
    /// <param name="model">A codec in evaluation mode.</param>
    /// <param name="x">Float [B, C, T] at its sample rate.</param>
    /// <param name="metrics">Receives the values, weighted by the number of items.</param>
    /// <returns>The audio decoded from all codebooks, [B, C, T]. The caller disposes it.</returns>
    public Tensor Add(CompressionModel model, Tensor x, StepMetrics metrics)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(metrics);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var (codes, scale) = model.Encode(x);
        Tensor? y = null;
        for (var books = 1; books <= codes.size(1); books++)
        {
            y?.Dispose();
            y = model.Decode(codes.narrow(1, 0, books), scale).narrow(2, 0, x.size(2));
            var name = books.ToString(CultureInfo.InvariantCulture);
            metrics.Add("sisnr_" + name, -sisnr.call(y, x).item<float>(), x.size(0));
            metrics.Add("mel_" + name, mel.call(y, x).item<float>(), x.size(0));
            Count(books, codes.select(1, books - 1));
        }

        return y!.MoveToOuterDisposeScope();
    }

    /// <summary>Adds the perplexities of all codes since <see cref="Begin"/>.</summary>
    /// <param name="metrics">Receives the values.</param>
    public void End(StepMetrics metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        foreach (var (book, counts) in usage.OrderBy(u => u.Key))
        {
            double total = counts.Values.Sum();
            var entropy = -counts.Values.Sum(c => c / total * Math.Log(c / total));
            metrics.Add("perplexity_" + book.ToString(CultureInfo.InvariantCulture), Math.Exp(entropy));
        }
    }

    /// <summary>Releases the losses.</summary>
    public void Dispose()
    {
        sisnr.Dispose();
        mel.Dispose();
    }

    private void Count(int book, Tensor codes)
    {
        if (!usage.TryGetValue(book, out var counts))
        {
            usage.Add(book, counts = []);
        }

        using var flat = codes.cpu().contiguous();
        foreach (var code in flat.data<long>().ToArray())
        {
            counts[code] = counts.GetValueOrDefault(code) + 1;
        }
    }
}
