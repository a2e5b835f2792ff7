using System.Buffers.Binary;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Formats;

/// <summary>Reads the contents of an <c>.ecdc</c> file.</summary>
internal static class EcdcReader
{
    /// <summary>Reads and decodes chunks [C, n], owned by the caller. Nothing is read before the enumeration starts.</summary>
    /// <exception cref="AudioFormatException">The file is damaged or truncated, does not fit the codec, or does not match the probabilities of the language model.</exception>
    public static IEnumerable<Tensor> Read(EcdcCoding coding, ByteSource source, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var header = EcdcHeader.Read(source);
        Check(header, coding, source);
        var left = header.AudioLength;
        using var chunks = (coding.Streams
            ? coding.Model.DecodeStream(ReadStream(header, coding, source, progress, cancellationToken), disposePieces: true)
            : new SegmentedCodec(coding.Model).DecodeStream(ReadSegments(header, coding, source, progress, cancellationToken), disposeFrames: true)).GetEnumerator();
        while (MoveNext(chunks, source))
        {
            Tensor? audio = null;
            using (var chunk = chunks.Current)
            {
                // The last frame is longer than the audio. Chunks after the end are read as well, to check that the file is complete.
                if (Math.Min(left, chunk.size(-1)) is > 0 and var length)
                {
                    audio = Finite(chunk, length, source);
                    left -= length;
                }
            }

            if (audio is not null)
            {
                yield return audio;
            }
        }
    }

    /// <summary>Decodes the next chunk. If the codec cannot decode it, for example because a scale overflows, the file is damaged.</summary>
    private static bool MoveNext(IEnumerator<Tensor> chunks, ByteSource source)
    {
        try
        {
            return chunks.MoveNext();
        }
        catch (AudioCraftException error) when (error is not AudioFormatException)
        {
            throw source.Error($"the audio cannot be decoded: {error.Message}", error);
        }
    }

    private static Tensor Finite(Tensor chunk, long length, ByteSource source)
    {
        using var scope = NewDisposeScope();
        var audio = chunk.select(0, 0).narrow(-1, 0, length);
        return audio.isfinite().all().item<bool>()
            ? audio.clone().MoveToOuterDisposeScope()
            : throw source.Error("the decoded audio is not finite: the file is damaged.");
    }

    private static IEnumerable<Tensor> ReadStream(EcdcHeader header, EcdcCoding coding, ByteSource source, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var total = coding.FramesOf(header.AudioLength);
        using var reader = ReaderOf(header, coding, source, total, step => Report(step));
        for (var done = 0L; done < total;)
        {
            var count = Math.Min(coding.Model.FramesPerPiece, total - done);
            var codes = reader.Read(count);
            done += count;
            if (done == total)
            {
                reader.Finish();
            }

            Report(done);
            yield return Ordered(codes, header.Codebooks, coding.Device);
        }

        void Report(long frames)
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress?.Report((double)frames / total);
        }
    }

    private static IEnumerable<EncodedFrame> ReadSegments(
        EcdcHeader header, EcdcCoding coding, ByteSource source, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var codec = new SegmentedCodec(coding.Model);
        var total = (double)codec.CountSegments(header.AudioLength);
        var done = 0L;
        foreach (var (_, length) in codec.Segments(header.AudioLength))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var scale = coding.Model.Renormalize ? ReadScale(source) : (float?)null;
            var count = coding.FramesOf(length);
            using var reader = ReaderOf(header, coding, source, count, step =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress?.Report((done + (double)step / count) / total);
            });
            var codes = reader.Read(count);
            reader.Finish();
            progress?.Report(++done / total);
            yield return FrameOf(codes, header.Codebooks, scale, coding.Device);
        }
    }

    private static ICodeReader ReaderOf(EcdcHeader header, EcdcCoding coding, ByteSource source, long frames, Action<long> step) =>
        header.UsesLanguageModel
            ? new PredictedCodeReader(source, frames, header.Codebooks, coding.LanguageModel!, step)
            : new PackedCodeReader(source, frames, header.Codebooks, coding.BitsPerCode);

    private static Tensor Ordered(long[] codes, int codebooks, Device device)
    {
        using var scope = NewDisposeScope();
        return tensor(codes, [1, codes.Length / codebooks, codebooks]).transpose(1, 2).contiguous().to(device).MoveToOuterDisposeScope();
    }

    private static EncodedFrame FrameOf(long[] codes, int codebooks, float? scale, Device device)
    {
        var volume = scale is { } value ? tensor([value], [1, 1], device: device) : null;
        return new EncodedFrame(Ordered(codes, codebooks, device), volume);
    }

    private static float ReadScale(ByteSource source)
    {
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        source.ReadExactly(bytes, "the scale of a segment");
        var scale = BinaryPrimitives.ReadSingleBigEndian(bytes);
        return scale >= 0 && float.IsFinite(scale) ? scale : throw source.Error($"the scale of a segment is {scale}: the file is damaged.");
    }

    private static void Check(EcdcHeader header, EcdcCoding coding, ByteSource source)
    {
        if (coding.Name is { } name && name != header.ModelName)
        {
            throw source.Error($"it was written with the codec '{header.ModelName}', but this one is '{name}'.");
        }

        if (header.Codebooks > coding.Model.TotalCodebooks)
        {
            throw source.Error($"it has {header.Codebooks} codebooks, but the codec has {coding.Model.TotalCodebooks}.");
        }

        if (header.UsesLanguageModel && coding.LanguageModel is null)
        {
            throw source.Error($"it was written with the codec's language model, which is needed to read it: set {nameof(EcdcOptions)}.{nameof(EcdcOptions.LanguageModel)}.");
        }
    }
}
