using System.Buffers.Binary;
using AudioCraft.Codecs;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Formats;

/// <summary>Writes an <c>.ecdc</c> file: the header, then the scale and the codes of each segment (encodec/compress.py).</summary>
internal static class EcdcWriter
{
    /// <param name="coding">The codec and the format.</param>
    /// <param name="chunks">[1, C, n] with the codec's sample rate and channels, finite.</param>
    /// <param name="length">The total number of samples per channel.</param>
    /// <param name="stream">The destination.</param>
    /// <param name="progress">Receives the completed fraction.</param>
    /// <param name="cancellationToken">Checked between steps.</param>
    public static void Write(EcdcCoding coding, IEnumerable<Tensor> chunks, long length, Stream stream, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        stream.Write(new EcdcHeader(coding.NameToWrite!, length, coding.Codebooks, coding.LanguageModel is not null).ToBytes());
        cancellationToken.ThrowIfCancellationRequested();
        if (coding.Streams)
        {
            WriteStream(coding, chunks, length, stream, progress, cancellationToken);
        }
        else
        {
            WriteSegments(coding, chunks, length, stream, progress, cancellationToken);
        }
    }

    private static void WriteStream(EcdcCoding coding, IEnumerable<Tensor> chunks, long length, Stream stream, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        // Blocks of a fixed size, so that the bytes do not depend on the chunks, not even through rounding.
        var model = coding.Model;
        var block = model.FramesPerPiece * model.HopLength;
        var total = (double)coding.FramesOf(length);
        var done = 0L;
        using var writer = WriterOf(coding, stream, step => Report(step / total));
        foreach (var codes in model.EncodeStream(AudioWindows.Cut(chunks, block, block), codebooks: coding.Codebooks))
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
            cancellationToken.ThrowIfCancellationRequested();
            progress?.Report(share);
        }
    }

    private static void WriteSegments(EcdcCoding coding, IEnumerable<Tensor> chunks, long length, Stream stream, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var codec = new SegmentedCodec(coding.Model);
        var total = (double)codec.CountSegments(length);
        var done = 0L;
        foreach (var frame in codec.EncodeStream(chunks, coding.Codebooks))
        {
            using (frame)
            {
                WriteScale(stream, frame.Scale);
                var steps = (double)frame.Codes.size(-1);
                using var writer = WriterOf(coding, stream, step =>
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    progress?.Report((done + step / steps) / total);
                });
                writer.Write(TimeMajor(frame.Codes));
                writer.Finish();
            }

            progress?.Report(++done / total);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static ICodeWriter WriterOf(EcdcCoding coding, Stream stream, Action<long> step) =>
        coding.LanguageModel is { } languageModel
            ? new PredictedCodeWriter(stream, coding.Codebooks, languageModel, step)
            : new PackedCodeWriter(stream, coding.BitsPerCode);

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
