using AudioCraft.Codecs;
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

    /// <summary>
    /// Sound that comes in pieces to codes, one segment each time the result is asked for the next: the frames that <see cref="Encode"/> gives for the whole.
    /// Less than a segment is kept; a model without segments keeps the whole sound (but see <see cref="CompressionModel.EncodeStream"/>).
    /// </summary>
    /// <param name="pieces">Float [B, C, n] in order, n at least 1 and as it may be. Its producer may dispose or overwrite a piece when the next one is asked for.</param>
    /// <returns>The frames in order, with the codebooks in use then. The caller owns each.</returns>
    /// <exception cref="ArgumentException">While enumerating: a piece's shape or type is not that, or its B is not that of the first.</exception>
    public IEnumerable<EncodedFrame> EncodeStream(IEnumerable<Tensor> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        return SoundWindows.Cut(Checked(pieces), Model.Config.SegmentLength ?? long.MaxValue, Model.Config.SegmentStride ?? long.MaxValue).Select(part =>
        {
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
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var pieces = DecodeStream(frames).ToList();
        if (pieces.Count == 0)
        {
            throw new ArgumentException("There are no frames.", nameof(frames));
        }

        var sound = pieces.Count == 1 ? pieces[0] : cat(pieces, -1);
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

    /// <summary>
    /// Codes to sound, a stride of samples each time the result is asked for the next; only what the next segment can still change is kept.
    /// Together the pieces are what <see cref="Decode"/> gives.
    /// </summary>
    /// <param name="frames">What <see cref="Encode"/> gave, in order; a model without segments takes one.</param>
    /// <param name="disposeFrames">Whether each frame is disposed as soon as it is used, rather than by its producer.</param>
    /// <returns>Float [B, C, n] in order; none if there is no frame. The caller owns each.</returns>
    /// <exception cref="ArgumentException">While enumerating: a frame does not fit the model or those before it.</exception>
    public IEnumerable<Tensor> DecodeStream(IEnumerable<EncodedFrame> frames, bool disposeFrames = false)
    {
        ArgumentNullException.ThrowIfNull(frames);
        return Model.Config.SegmentStride is { } stride ? DecodeSegments(frames, disposeFrames, stride) : DecodeWhole(frames, disposeFrames);
    }

    private IEnumerable<Tensor> DecodeWhole(IEnumerable<EncodedFrame> frames, bool disposeFrames)
    {
        var count = 0;
        foreach (var frame in frames)
        {
            using var used = disposeFrames ? frame : null;
            if (count++ > 0)
            {
                throw new ArgumentException("There is more than one frame, but this model codes a sound as one.", nameof(frames));
            }

            yield return Model.Decode(frame.Codes, frame.Scale);
        }
    }

    private IEnumerable<Tensor> DecodeSegments(IEnumerable<EncodedFrame> frames, bool disposeFrames, int stride)
    {
        using var overlap = new OverlapAdd(stride);
        foreach (var frame in frames)
        {
            Tensor? done;
            using (disposeFrames ? frame : null)
            using (var piece = Model.Decode(frame.Codes, frame.Scale))
            {
                done = overlap.Add(piece);
            }

            if (done is not null)
            {
                yield return done;
            }
        }

        if (overlap.Flush() is { } rest)
        {
            yield return rest;
        }
    }

    private IEnumerable<Tensor> Checked(IEnumerable<Tensor> pieces)
    {
        var batch = 0L;
        foreach (var piece in pieces)
        {
            TensorChecks.Float(piece, nameof(pieces), "[B, C, n]", Model.Channels, Model.Quantizer.ElementType);
            batch = batch == 0 ? piece.size(0) : batch;
            if (piece.size(0) != batch)
            {
                throw new ArgumentException($"A piece has shape {TensorChecks.Text(piece.shape)}, but the first has {batch} as its first size.", nameof(pieces));
            }

            yield return piece;
        }
    }

    private static IEnumerable<(long Start, long Length)> Walk(long length, long segment, long stride)
    {
        for (var start = 0L; start < length; start += stride)
        {
            yield return (start, Math.Min(segment, length - start));
        }
    }
}
