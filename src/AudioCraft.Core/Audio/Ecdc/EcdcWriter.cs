using System.Buffers.Binary;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Audio.Ecdc;

/// <summary>Writes the header and, segment after segment, the scale and the codes (encodec/compress.py).</summary>
internal static class EcdcWriter
{
    /// <param name="layout">The model.</param>
    /// <param name="wav">[C, T] at the model's rate, with its channels, finite.</param>
    /// <param name="stream">Where the file goes.</param>
    /// <param name="progress">Told the share that is done.</param>
    /// <param name="ct">Asked between steps.</param>
    public static void Write(EcdcLayout layout, Tensor wav, Stream stream, IProgress<double>? progress, CancellationToken ct)
    {
        var model = layout.Model;
        var (length, codebooks) = (wav.size(-1), model.NumCodebooks);
        stream.Write(new EcdcHeader(layout.Name!, length, codebooks, layout.LanguageModel is not null).ToBytes());
        var codec = new SegmentedCodec(model);
        var total = (double)codec.CountSegments(length);
        using var input = wav.unsqueeze(0);
        var done = 0;
        ct.ThrowIfCancellationRequested();
        foreach (var frame in codec.Encode(input))
        {
            using (frame)
            {
                WriteScale(stream, frame.Scale);
                var codes = TimeMajor(frame.Codes);
                if (layout.LanguageModel is { } languageModel)
                {
                    var steps = codes.Length / codebooks;
                    PredictedCodes.Write(stream, codes, codebooks, languageModel, step =>
                    {
                        ct.ThrowIfCancellationRequested();
                        progress?.Report((done + (double)step / steps) / total);
                    });
                }
                else
                {
                    PackedCodes.Write(stream, codes, layout.BitsPerCode);
                }
            }

            progress?.Report(++done / total);
            ct.ThrowIfCancellationRequested();
        }
    }

    private static void WriteScale(Stream stream, Tensor? scale)
    {
        if (scale is null)
        {
            return;
        }

        using var flat = scale.reshape(-1);
        using var value = flat.to(ScalarType.Float32, CPU);
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleBigEndian(bytes, value.item<float>());
        stream.Write(bytes);
    }

    private static long[] TimeMajor(Tensor codes)
    {
        using var scope = NewDisposeScope();
        return codes.select(0, 0).t().contiguous().cpu().data<long>().ToArray();
    }
}
