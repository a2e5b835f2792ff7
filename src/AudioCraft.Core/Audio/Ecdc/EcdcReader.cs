using System.Buffers.Binary;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Audio.Ecdc;

/// <summary>Reads what <see cref="EcdcWriter"/> or upstream wrote.</summary>
internal static class EcdcReader
{
    /// <summary>The sound [C, T], which the caller owns.</summary>
    /// <exception cref="AudioFormatException">The file is damaged or cut off, does not fit the model, or is out of step with its language model.</exception>
    /// <exception cref="ArgumentException">The file needs a language model, and there is none.</exception>
    public static Tensor Read(EcdcLayout layout, ByteSource source, IProgress<double>? progress, CancellationToken ct)
    {
        var header = EcdcHeader.Read(source);
        Check(header, layout, source);
        var codec = new SegmentedCodec(layout.Model);
        var frames = new List<EncodedFrame>();
        try
        {
            // Codes are all read before the first is decoded: a file that is cut off costs no decoding.
            ReadFrames(header, layout, codec, source, frames, progress, ct);
            using var scope = NewDisposeScope();
            var wav = codec.Decode(frames, header.AudioLength);
            if (!wav.isfinite().all().item<bool>())
            {
                throw source.Error("the sound is not finite: the file is damaged.");
            }

            progress?.Report(1);
            return wav.select(0, 0).MoveToOuterDisposeScope();
        }
        finally
        {
            frames.ForEach(frame => frame.Dispose());
        }
    }

    private static void ReadFrames(
        EcdcHeader header, EcdcLayout layout, SegmentedCodec codec, ByteSource source, List<EncodedFrame> frames, IProgress<double>? progress, CancellationToken ct)
    {
        var total = (double)codec.CountSegments(header.AudioLength);
        foreach (var (_, length) in codec.Segments(header.AudioLength))
        {
            ct.ThrowIfCancellationRequested();
            var scale = layout.Model.Renormalize ? ReadScale(source) : (float?)null;
            var count = layout.FramesOf(length);
            var codes = header.UsesLanguageModel
                ? PredictedCodes.Read(source, count, header.Codebooks, layout.LanguageModel!, step =>
                {
                    ct.ThrowIfCancellationRequested();
                    progress?.Report((frames.Count + (double)step / count) / total);
                })
                : PackedCodes.Read(source, count, header.Codebooks, layout.BitsPerCode);
            frames.Add(FrameOf(codes, header.Codebooks, scale, layout.Device));
        }
    }

    private static EncodedFrame FrameOf(long[] codes, int codebooks, float? scale, Device device)
    {
        using var scope = NewDisposeScope();
        var ordered = tensor(codes, [1, codes.Length / codebooks, codebooks]).transpose(1, 2).contiguous().to(device);
        var volume = scale is { } value ? full([1, 1], value, ScalarType.Float32, device).DetachFromDisposeScope() : null;
        return new EncodedFrame(ordered.DetachFromDisposeScope(), volume);
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
