using AudioCraft.Codecs;
using AudioCraft.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// Encodes audio segment by segment, as models with <see cref="EncodecConfig.SegmentSeconds"/> were trained to (encodec/model.py):
/// a segment starts every <see cref="EncodecConfig.SegmentStride"/> samples, and decoding cross-fades them. Without segments the audio is one frame.
/// </summary>
/// <remarks>
/// Upstream starts a segment at every stride inside the audio, so audio of exactly one segment has two frames, the second as short as the overlap.
/// Files depend on that, so it is the same here.
/// </remarks>
public sealed class SegmentedCodec
{
    /// <summary>Creates a codec that uses a model. The caller keeps ownership of the model.</summary>
    public SegmentedCodec(EncodecModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Model = model;
    }

    /// <summary>The model.</summary>
    public EncodecModel Model { get; }

    /// <summary>The segments of audio of a length: the first sample and the number of samples of each.</summary>
    /// <param name="length">Samples, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is less than 1.</exception>
    public IEnumerable<(long Start, long Length)> Segments(long length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        return Walk(length, Model.Config.SegmentLength ?? length, Model.Config.SegmentStride ?? length);
    }

    /// <summary>The number of segments of audio of a length.</summary>
    /// <param name="length">Samples, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is less than 1.</exception>
    public long CountSegments(long length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        return (length - 1) / (Model.Config.SegmentStride ?? length) + 1;
    }

    /// <summary>Encodes audio, one segment each time the next result is requested.</summary>
    /// <param name="x">Float [B, C, T], T at least 1. It must not be disposed before the last frame is returned.</param>
    /// <param name="codebooks">Number of codebooks as for <see cref="CompressionModel.Encode(Tensor, int)"/>; null for the model's <see cref="CompressionModel.NumCodebooks"/>.</param>
    /// <returns>The frames in order. The caller owns each.</returns>
    /// <exception cref="ArgumentException">The shape, type or number of codebooks is invalid.</exception>
    public IEnumerable<EncodedFrame> Encode(Tensor x, int? codebooks = null)
    {
        TensorChecks.Float(x, nameof(x), "[B, C, T]", Model.Channels, Model.Quantizer.ElementType);
        var number = Codebooks(codebooks);
        return Segments(x.size(-1)).Select(segment =>
        {
            using var part = x.narrow(-1, segment.Start, segment.Length);
            return EncodeSegment(part, number);
        });
    }

    /// <summary>
    /// Encodes audio that arrives in pieces, one segment each time the next result is requested: the frames that <see cref="Encode"/> returns for the whole.
    /// Less than a segment is buffered; a model without segments buffers the whole audio (see <see cref="CompressionModel.EncodeStream"/> instead).
    /// </summary>
    /// <param name="pieces">Float [B, C, n] in order, with any n of at least 1. Its producer may dispose or overwrite a piece when the next one is requested.</param>
    /// <param name="codebooks">As for <see cref="Encode"/>.</param>
    /// <returns>The frames in order. The caller owns each.</returns>
    /// <exception cref="ArgumentException">The number of codebooks is invalid; or while enumerating: a piece's shape or type is invalid, or its B differs from the first piece's.</exception>
    public IEnumerable<EncodedFrame> EncodeStream(IEnumerable<Tensor> pieces, int? codebooks = null)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        var number = Codebooks(codebooks);
        return AudioWindows.Cut(Checked(pieces), Model.Config.SegmentLength ?? long.MaxValue, Model.Config.SegmentStride ?? long.MaxValue)
            .Select(part => EncodeSegment(part, number));
    }

    /// <summary>Decodes codes to audio.</summary>
    /// <param name="frames">The frames that <see cref="Encode"/> returned, in order; a model without segments takes one.</param>
    /// <param name="length">The result is trimmed to this many samples; null for all samples of the frames, which are up to a hop and the overlap more than were encoded.</param>
    /// <returns>Float [B, C, T]. The caller owns it.</returns>
    /// <exception cref="ArgumentException">There is no frame, one does not fit the model or the others, or <paramref name="length"/> is more than their samples.</exception>
    public Tensor Decode(IEnumerable<EncodedFrame> frames, long? length = null)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var pieces = DecodeStream(frames).ToList();
        if (pieces.Count == 0)
        {
            throw new ArgumentException("There are no frames.", nameof(frames));
        }

        var audio = pieces.Count == 1 ? pieces[0] : cat(pieces, -1);
        if (length is { } wanted)
        {
            if (wanted < 0 || wanted > audio.size(-1))
            {
                throw new ArgumentException($"The frames have {audio.size(-1)} samples; {wanted} were requested.", nameof(length));
            }

            audio = audio.narrow(-1, 0, wanted).contiguous();
        }

        return audio.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Decodes codes to audio, a stride of samples each time the next result is requested; only samples that the next segment overlaps are buffered.
    /// Together the pieces equal the result of <see cref="Decode"/>.
    /// </summary>
    /// <param name="frames">The frames that <see cref="Encode"/> returned, in order; a model without segments takes one.</param>
    /// <param name="disposeFrames">Whether each frame is disposed after use instead of by its producer.</param>
    /// <returns>Float [B, C, n] in order; none if there is no frame. The caller owns each.</returns>
    /// <exception cref="ArgumentException">While enumerating: a frame does not fit the model or those before it.</exception>
    public IEnumerable<Tensor> DecodeStream(IEnumerable<EncodedFrame> frames, bool disposeFrames = false)
    {
        ArgumentNullException.ThrowIfNull(frames);
        return Model.Config.SegmentStride is { } stride ? DecodeSegments(frames, disposeFrames, stride) : DecodeWhole(frames, disposeFrames);
    }

    private int Codebooks(int? codebooks) =>
        codebooks is { } number ? BaseQuantizer.CheckNumCodebooks(number, Model.TotalCodebooks, nameof(codebooks)) : Model.NumCodebooks;

    private EncodedFrame EncodeSegment(Tensor part, int codebooks)
    {
        var (codes, scale) = Model.Encode(part, codebooks);
        return new(codes, scale);
    }

    private IEnumerable<Tensor> DecodeWhole(IEnumerable<EncodedFrame> frames, bool disposeFrames)
    {
        var count = 0;
        foreach (var frame in frames)
        {
            using var used = disposeFrames ? frame : null;
            if (count++ > 0)
            {
                throw new ArgumentException("There is more than one frame, but this model encodes audio as one.", nameof(frames));
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
