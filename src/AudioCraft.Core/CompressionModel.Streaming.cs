using AudioCraft.Codecs;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

// Sound of any length, piece by piece.
public abstract partial class CompressionModel
{
    /// <summary>The start of a sound that is encoded while it arrives, or that is too long to be encoded at once.</summary>
    /// <exception cref="NotSupportedException">
    /// The codes depend on the whole sound: an <see cref="EncodecModel"/> renormalizes or has a <see cref="Codecs.ConvNorm.TimeGroupNorm"/>, alone or for stereo.
    /// Such models are used on segments of a second (<see cref="SegmentedCodec"/>). Or it is a model from elsewhere, which this library cannot take apart.
    /// </exception>
    public StreamingEncoder CreateStreamingEncoder() => new(PlanStream());

    /// <summary>The start of codes that are decoded while they arrive, or that are too many to be decoded at once.</summary>
    /// <exception cref="NotSupportedException">As <see cref="CreateStreamingEncoder"/>: the sound depends on all codes.</exception>
    public StreamingDecoder CreateStreamingDecoder() => new(PlanStream());

    /// <summary>
    /// Encodes sound of any length in memory that does not grow with it, about a second at a time, while the result is enumerated.
    /// Each enumeration encodes from the start.
    /// </summary>
    /// <param name="pieces">
    /// The sound in order, float [B, C, n] each, n at least 1 and as it may be, on the model's device. Its producer may dispose a piece when the next one is asked for.
    /// </param>
    /// <param name="disposePieces">Whether each piece is disposed as soon as it is used, rather than by its producer: for instance the codes of one stream that another takes.</param>
    /// <returns>The codes in order, int64 [B, K, f] each; together those that <see cref="Encode"/> gives for the whole, up to float rounding. The caller owns each.</returns>
    /// <exception cref="NotSupportedException">As <see cref="CreateStreamingEncoder"/>.</exception>
    /// <exception cref="ArgumentException">While enumerating: a piece's shape or type is not that.</exception>
    public IEnumerable<Tensor> EncodeStream(IEnumerable<Tensor> pieces, bool disposePieces = false)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        var plan = PlanStream();
        return PieceByPiece.Run(pieces, disposePieces, HopsAtATime(plan.Samples) * plan.Samples, () => new StreamingEncoder(plan));
    }

    /// <summary>
    /// Decodes codes of any length in memory that does not grow with it, about a second at a time, while the result is enumerated.
    /// Each enumeration decodes from the start.
    /// </summary>
    /// <param name="pieces">
    /// The codes in order, int64 [B, K, f] each, f at least 1 and as it may be (but see <see cref="StreamingDecoder.Push"/> for stereo), on the model's device.
    /// Its producer may dispose a piece when the next one is asked for.
    /// </param>
    /// <param name="disposePieces">Whether each piece is disposed as soon as it is used, rather than by its producer: for instance the codes of one stream that another takes.</param>
    /// <returns>The sound in order, float [B, C, n] each; together what <see cref="Decode"/> gives for all codes, up to float rounding. The caller owns each.</returns>
    /// <exception cref="NotSupportedException">As <see cref="CreateStreamingDecoder"/>.</exception>
    /// <exception cref="ArgumentException">While enumerating: a piece's shape or type is not that, or a code is out of range.</exception>
    public IEnumerable<Tensor> DecodeStream(IEnumerable<Tensor> pieces, bool disposePieces = false)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        var plan = PlanStream();
        return PieceByPiece.Run(pieces, disposePieces, HopsAtATime(plan.Samples) * plan.Frames, () => new StreamingDecoder(plan));
    }

    /// <summary>What streams of this model are made of.</summary>
    /// <exception cref="NotSupportedException">As <see cref="CreateStreamingEncoder"/>.</exception>
    internal virtual StreamPlan PlanStream() => throw new NotSupportedException($"{GetType().Name} does not work on a stream.");

    /// <summary>
    /// Numbers that the widest layer of a piece may hold where a long sound is coded at once on a CPU: 16 MB. Memory of that size is used again and again;
    /// larger tensors are fresh pages from the kernel each time, which for DAC take a third of all time.
    /// </summary>
    private const long NumbersInAPiece = 1 << 22;

    /// <summary>The codes of a long sound, encoded in pieces; null for one that is short, or elsewhere than on a CPU.</summary>
    /// <param name="sound">[B, C, T], checked.</param>
    /// <param name="channels">Channels of the widest layer at the rate of the sound.</param>
    private protected Tensor? EncodeInPieces(Tensor sound, int channels)
    {
        if (InPieces(sound, sound.size(2), channels) is not { } samples)
        {
            return null;
        }

        var plan = PlanStream();
        return Joined(PieceByPiece.Run([sound], disposePieces: false, samples / plan.Samples * plan.Samples, () => new StreamingEncoder(plan)));
    }

    /// <summary>The sound of many codes, decoded in pieces; null for few, or elsewhere than on a CPU.</summary>
    /// <param name="codes">[B, K, F], checked.</param>
    /// <param name="channels">Channels of the widest layer at the rate of the sound.</param>
    private protected Tensor? DecodeInPieces(Tensor codes, int channels)
    {
        var plan = PlanStream();
        return InPieces(codes, codes.size(2) / plan.Frames * plan.Samples, channels) is { } samples
            ? Joined(PieceByPiece.Run([codes], disposePieces: false, samples / plan.Samples * plan.Frames, () => new StreamingDecoder(plan)))
            : null;
    }

    private long? InPieces(Tensor tensor, long samples, int channels)
    {
        var most = Math.Max(NumbersInAPiece / (channels * tensor.size(0)), SampleRate / 2);
        return tensor.device_type == DeviceType.CPU && samples > 2 * most ? most : null;
    }

    private static Tensor Joined(IEnumerable<Tensor> pieces)
    {
        using var scope = NewDisposeScope();
        return cat([.. pieces], 2).MoveToOuterDisposeScope();
    }

    /// <summary>About a second: enough for kernels to be efficient, little enough to fit the memory of small machines.</summary>
    private protected long HopsAtATime(int hop) => Math.Max(1, SampleRate / hop);
}
