using AudioCraft.Codecs;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// Codes to sound while the codes arrive: push codes, get samples. Over a whole stream the samples are those that <see cref="CompressionModel.Decode"/> gives for all
/// codes at once, up to float rounding, whatever the sizes of the pieces. Made by <see cref="CompressionModel.CreateStreamingDecoder"/>.
/// </summary>
/// <remarks>
/// The work of a push and the memory during it grow with the piece; what is kept between pushes does not grow. Not for several threads at once.
/// The model must outlive it and may serve any number of streams, and be used otherwise in between.
/// </remarks>
public sealed class StreamingDecoder : ICodecStream
{
    private readonly StreamPlan plan;
    private readonly CodecStream stream;

    internal StreamingDecoder(StreamPlan plan)
    {
        this.plan = plan;
        stream = new(plan.OpenDecoder());
    }

    /// <summary>
    /// Frames after a frame that must be pushed until all its samples are known: 0 for a causal <see cref="EncodecModel"/> that cuts its transposed convolutions
    /// on the right, as the released ones do; for others, and for every <see cref="DacModel"/>, what their convolutions look ahead, rounded up.
    /// Of stereo whose codes alternate frame by frame, a frame is here a pair of them, counted as two.
    /// </summary>
    public int LookAheadFrames => stream.LookAhead(plan.Frames, plan.Samples);

    /// <summary>
    /// Frames until the first samples are known. More than with <see cref="LookAheadFrames"/> where the model's convolutions see the start mirrored
    /// (<see cref="ConvPaddingMode.Reflect"/>): then the first samples depend on later frames, in causal models too.
    /// The samples that waited come out together.
    /// </summary>
    public int StartupFrames => stream.Startup;

    /// <summary>Takes the codes of the next frames.</summary>
    /// <param name="codes">
    /// int64 [B, K, f] on the model's device, f at least 1, B the same in all pushes; K from 1 to <see cref="CompressionModel.TotalCodebooks"/>, in each push as it may be.
    /// Of interleaved stereo both channels' codes: twice as many codebooks, or an even number of frames. It stays the caller's.
    /// </param>
    /// <returns>The samples that are certain now, float [B, C, n], the caller's; or null where there are none.</returns>
    /// <exception cref="ArgumentException">The shape or type is not that, or a code is not 0 to <see cref="CompressionModel.Cardinality"/> − 1.</exception>
    /// <exception cref="InvalidOperationException">The stream has ended.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public Tensor? Push(Tensor codes)
    {
        plan.CheckCodes(codes, nameof(codes));
        return stream.Push(codes, nameof(codes));
    }

    /// <summary>Ends the codes: gives the samples that are left, or null if there are none.</summary>
    /// <returns>Float [B, C, n] or null. The samples of all calls are those that <see cref="CompressionModel.Decode"/> gives for all codes, whole frames. The caller owns it.</returns>
    /// <exception cref="InvalidOperationException">The stream has ended.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public Tensor? Flush() => stream.Flush();

    /// <inheritdoc/>
    Tensor? ICodecStream.Push(Tensor piece) => Push(piece);

    /// <summary>Releases what is kept of the past. The model stays.</summary>
    public void Dispose() => stream.Dispose();
}
