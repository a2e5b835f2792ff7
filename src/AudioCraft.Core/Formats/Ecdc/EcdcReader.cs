using System.Buffers.Binary;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Formats;

/// <summary>Reads what <see cref="EcdcWriter"/> or upstream wrote.</summary>
internal static class EcdcReader
{
    /// <summary>The sound [C, n] piece by piece, as it is enumerated; the caller owns each. Nothing is read before the first is asked for.</summary>
    /// <exception cref="AudioFormatException">The file is damaged or cut off, does not fit the model, or is out of step with its language model.</exception>
    /// <exception cref="ArgumentException">The file needs a language model, and there is none.</exception>
    public static IEnumerable<Tensor> Read(EcdcLayout layout, ByteSource source, IProgress<double>? progress, CancellationToken ct)
    {
        var header = EcdcHeader.Read(source);
        Check(header, layout, source);
        var left = header.AudioLength;
        var pieces = layout.Streams
            ? layout.Model.DecodeStream(ReadStream(header, layout, source, progress, ct), disposePieces: true)
            : new SegmentedCodec(layout.Model).DecodeStream(ReadSegments(header, layout, source, progress, ct), disposeFrames: true);
        foreach (var piece in pieces)
        {
            Tensor? sound = null;
            using (piece)
            {
                // The last frame goes beyond the sound. Pieces behind its end are asked for nevertheless: they show whether the file is whole.
                if (Math.Min(left, piece.size(-1)) is > 0 and var length)
                {
                    sound = Finite(piece, length, source);
                    left -= length;
                }
            }

            if (sound is not null)
            {
                yield return sound;
            }
        }
    }

    private static Tensor Finite(Tensor piece, long length, ByteSource source)
    {
        using var scope = NewDisposeScope();
        var sound = piece.select(0, 0).narrow(-1, 0, length);
        return sound.isfinite().all().item<bool>()
            ? sound.clone().MoveToOuterDisposeScope()
            : throw source.Error("the sound is not finite: the file is damaged.");
    }

    private static IEnumerable<Tensor> ReadStream(EcdcHeader header, EcdcLayout layout, ByteSource source, IProgress<double>? progress, CancellationToken ct)
    {
        var total = layout.FramesOf(header.AudioLength);
        using var reader = ReaderOf(header, layout, source, total, step => Report(step));
        for (var done = 0L; done < total;)
        {
            var count = Math.Min(layout.Model.FramesPerPiece, total - done);
            var codes = reader.Read(count);
            done += count;
            if (done == total)
            {
                reader.Finish();
            }

            Report(done);
            yield return Ordered(codes, header.Codebooks, layout.Device);
        }

        void Report(long frames)
        {
            ct.ThrowIfCancellationRequested();
            progress?.Report((double)frames / total);
        }
    }

    private static IEnumerable<EncodedFrame> ReadSegments(
        EcdcHeader header, EcdcLayout layout, ByteSource source, IProgress<double>? progress, CancellationToken ct)
    {
        var codec = new SegmentedCodec(layout.Model);
        var total = (double)codec.CountSegments(header.AudioLength);
        var done = 0L;
        foreach (var (_, length) in codec.Segments(header.AudioLength))
        {
            ct.ThrowIfCancellationRequested();
            var scale = layout.Model.Renormalize ? ReadScale(source) : (float?)null;
            var count = layout.FramesOf(length);
            using var reader = ReaderOf(header, layout, source, count, step =>
            {
                ct.ThrowIfCancellationRequested();
                progress?.Report((done + (double)step / count) / total);
            });
            var codes = reader.Read(count);
            reader.Finish();
            progress?.Report(++done / total);
            yield return FrameOf(codes, header.Codebooks, scale, layout.Device);
        }
    }

    private static ICodeReader ReaderOf(EcdcHeader header, EcdcLayout layout, ByteSource source, long frames, Action<long> step) =>
        header.UsesLanguageModel
            ? new PredictedCodeReader(source, frames, header.Codebooks, layout.LanguageModel!, step)
            : new PackedCodeReader(source, frames, header.Codebooks, layout.BitsPerCode);

    private static Tensor Ordered(long[] codes, int codebooks, Device device)
    {
        using var scope = NewDisposeScope();
        return tensor(codes, [1, codes.Length / codebooks, codebooks]).transpose(1, 2).contiguous().to(device).MoveToOuterDisposeScope();
    }

    private static EncodedFrame FrameOf(long[] codes, int codebooks, float? scale, Device device)
    {
        var volume = scale is { } value ? full([1, 1], value, ScalarType.Float32, device) : null;
        return new EncodedFrame(Ordered(codes, codebooks, device), volume);
    }

    private static float ReadScale(ByteSource source)
    {
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        source.ReadExactly(bytes, "the volume of a segment");
        var scale = BinaryPrimitives.ReadSingleBigEndian(bytes);
        return scale >= 0 && float.IsFinite(scale) ? scale : throw source.Error($"the volume of a segment is {scale}: the file is damaged.");
    }

    private static void Check(EcdcHeader header, EcdcLayout layout, ByteSource source)
    {
        if (layout.Name is { } name && name != header.ModelName)
        {
            throw source.Error($"it was written with the model '{header.ModelName}', but this one is '{name}'.");
        }

        if (header.Codebooks > layout.Model.TotalCodebooks)
        {
            throw source.Error($"it has {header.Codebooks} codebooks, but the model {layout.Model.TotalCodebooks}.");
        }

        if (header.UsesLanguageModel && layout.LanguageModel is null)
        {
            throw new ArgumentException($"{source.Name} was written with the codec's language model, which is needed to read it: give it in {nameof(EcdcOptions)}.");
        }
    }
}
