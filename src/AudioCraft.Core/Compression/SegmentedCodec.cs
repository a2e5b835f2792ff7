using AudioCraft.Compression;
using AudioCraft.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// Codes sound segment by segment, as models with <see cref="EncodecConfig.SegmentSeconds"/> were trained to (encodec/model.py):
/// a segment starts every <see cref="EncodecConfig.SegmentStride"/> samples, and decoding fades each into the next. Without segments the sound is one frame.
/// </summary>
/// <remarks>
/// Upstream starts a segment at every stride inside the sound, so a sound of exactly one segment has two frames, the second as short as the overlap.
/// Files depend on that: it is the same here.
/// </remarks>
public sealed class SegmentedCodec
{
    /// <summary>Codes with a model, in its way. The caller keeps the model.</summary>
    public SegmentedCodec(EncodecModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Model = model;
    }

    /// <summary>The model.</summary>
    public EncodecModel Model { get; }

    /// <summary>Segments of a sound of a length: where each starts and how many samples it has.</summary>
    /// <param name="length">Samples, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is less than 1.</exception>
    public IEnumerable<(long Start, long Length)> Segments(long length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        return Walk(length, Model.Config.SegmentLength ?? length, Model.Config.SegmentStride ?? length);
    }

    /// <summary>How many segments a sound of a length has.</summary>
    /// <param name="length">Samples, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is less than 1.</exception>
    public long CountSegments(long length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        return (length - 1) / (Model.Config.SegmentStride ?? length) + 1;
    }

    /// <summary>Sound to codes, one segment each time the result is asked for the next: what is not asked for costs nothing.</summary>
    /// <param name="x">Float [B, C, T], T at least 1. It must live until the last frame is there.</param>
    /// <returns>The frames in order, with the codebooks in use then. The caller owns each.</returns>
    /// <exception cref="ArgumentException">The shape or type is not that.</exception>
    public IEnumerable<EncodedFrame> Encode(Tensor x)
    {
        TensorChecks.Float(x, nameof(x), "[B, C, T]", Model.Channels, Model.Quantizer.ElementType);
        return Segments(x.size(-1)).Select(segment =>
        {
            using var part = x.narrow(-1, segment.Start, segment.Length);
            var (codes, scale) = Model.Encode(part);
            return new EncodedFrame(codes, scale);
        });
    }

    /// <summary>Codes to sound.</summary>
    /// <param name="frames">What <see cref="Encode"/> gave, in order; a model without segments takes one.</param>
    /// <param name="length">Cut to so many samples, or null for all that the frames give, which is up to a hop and a little more than was encoded.</param>
    /// <returns>Float [B, C, T]. The caller owns it.</returns>
    /// <exception cref="ArgumentException">There is no frame, one does not fit the model or the others, or <paramref name="length"/> is more than they give.</exception>
    public Tensor Decode(IEnumerable<EncodedFrame> frames, long? length = null)
    {
        ArgumentNullException.ThrowIfNull(frames);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var pieces = new List<Tensor>();
        foreach (var (codes, scale) in frames)
        {
            pieces.Add(Model.Decode(codes, scale));
        }

        if (Model.Config.SegmentStride is null && pieces.Count != 1)
        {
            throw new ArgumentException($"There are {pieces.Count} frames, but this model codes a sound as one.", nameof(frames));
        }

        var sound = pieces.Count == 1 ? pieces[0] : OverlapAdd.Join(pieces, Model.Config.SegmentStride!.Value);
        if (length is { } wanted)
        {
            if (wanted < 0 || wanted > sound.size(-1))
            {
                throw new ArgumentException($"The frames give {sound.size(-1)} samples, not {wanted}.", nameof(length));
            }

            sound = sound.narrow(-1, 0, wanted).contiguous();
        }

        return sound.MoveToOuterDisposeScope();
    }

    private static IEnumerable<(long Start, long Length)> Walk(long length, long segment, long stride)
    {
        for (var start = 0L; start < length; start += stride)
        {
            yield return (start, Math.Min(segment, length - start));
        }
    }
}
