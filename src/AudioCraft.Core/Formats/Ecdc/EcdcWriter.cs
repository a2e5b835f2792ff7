using System.Buffers.Binary;
using AudioCraft.Codecs;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Formats;

/// <summary>Writes the header and, segment after segment, the scale and the codes (encodec/compress.py).</summary>
internal static class EcdcWriter
{
    /// <param name="layout">The model.</param>
    /// <param name="pieces">[1, C, n] at the model's rate, with its channels, finite.</param>
    /// <param name="length">Samples of all pieces.</param>
    /// <param name="stream">Where the file goes.</param>
    /// <param name="progress">Told the share that is done.</param>
    /// <param name="ct">Asked between steps.</param>
    public static void Write(EcdcLayout layout, IEnumerable<Tensor> pieces, long length, Stream stream, IProgress<double>? progress, CancellationToken ct)
    {
        stream.Write(new EcdcHeader(layout.Name!, length, layout.Model.NumCodebooks, layout.LanguageModel is not null).ToBytes());
        ct.ThrowIfCancellationRequested();
        if (layout.Streams)
        {
            WriteStream(layout, pieces, length, stream, progress, ct);
        }
        else
        {
            WriteSegments(layout, pieces, length, stream, progress, ct);
        }
    }

    private static void WriteStream(EcdcLayout layout, IEnumerable<Tensor> pieces, long length, Stream stream, IProgress<double>? progress, CancellationToken ct)
    {
        // Blocks of one size: the bytes do not depend on how the sound is cut, not even where a rounding decides a code.
        var model = layout.Model;
        var block = model.FramesPerPiece * model.HopLength;
        var total = (double)layout.FramesOf(length);
        var done = 0L;
        using var writer = WriterOf(layout, stream, step => Report(step / total));
        foreach (var codes in model.EncodeStream(AudioWindows.Cut(pieces, block, block)))
        {
            using (codes)
            {
                writer.Write(TimeMajor(codes));
                done += codes.size(-1);
            }

            Report(done / total);
        }

        writer.Finish();

        void Report(double share)
        {
            ct.ThrowIfCancellationRequested();
            progress?.Report(share);
        }
    }

    private static void WriteSegments(EcdcLayout layout, IEnumerable<Tensor> pieces, long length, Stream stream, IProgress<double>? progress, CancellationToken ct)
    {
        var codec = new SegmentedCodec(layout.Model);
        var total = (double)codec.CountSegments(length);
        var done = 0L;
        foreach (var frame in codec.EncodeStream(pieces))
        {
            using (frame)
            {
                WriteScale(stream, frame.Scale);
                var steps = (double)frame.Codes.size(-1);
                using var writer = WriterOf(layout, stream, step =>
                {
                    ct.ThrowIfCancellationRequested();
                    progress?.Report((done + step / steps) / total);
                });
                writer.Write(TimeMajor(frame.Codes));
                writer.Finish();
            }

            progress?.Report(++done / total);
            ct.ThrowIfCancellationRequested();
        }
    }

    private static ICodeWriter WriterOf(EcdcLayout layout, Stream stream, Action<long> step) =>
        layout.LanguageModel is { } languageModel
            ? new PredictedCodeWriter(stream, layout.Model.NumCodebooks, languageModel, step)
            : new PackedCodeWriter(stream, layout.BitsPerCode);

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
