using AudioCraft.Codecs;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// Decodes codes to audio while they arrive. Over a whole stream the samples equal those of <see cref="CompressionModel.Decode(Tensor, Tensor?)"/> for all
/// codes, up to float rounding, for any piece sizes. Created by <see cref="CompressionModel.CreateStreamingDecoder"/>.
/// </summary>
/// <remarks>
/// The time and memory of a push grow with the piece; the state kept between pushes does not grow. Not thread-safe.
/// The model must outlive the stream; it can serve any number of streams and other calls at the same time.
/// </remarks>
public sealed class StreamingDecoder : ICodecStream
{
    private readonly StreamPlan plan;
    private readonly CodecStream stream;

    internal StreamingDecoder(StreamPlan plan)
    {
        this.plan = plan;
        stream = new(plan.Lifetime, plan.OpenDecoder);
    }

    /// <summary>
    /// Frames after a frame that must be pushed until all its samples are known: 0 for a causal <see cref="EncodecModel"/> that trims its transposed convolutions
    /// on the right, as the released ones do; for others, and for every <see cref="DacModel"/>, the look-ahead of their convolutions, rounded up.
    /// For stereo with codes interleaved frame by frame, each pair of frames counts as two.
    /// </summary>
    public int LookAheadFrames => stream.LookAhead(plan.Frames, plan.Samples);

    /// <summary>
    /// Frames until the first samples are known. More than with <see cref="LookAheadFrames"/> where the model's convolutions reflect the start
    /// (<see cref="ConvPaddingMode.Reflect"/>): then the first samples depend on later frames, in causal models too.
    /// The delayed samples are returned together.
    /// </summary>
    public int StartupFrames => stream.Startup;

    /// <summary>Takes the codes of the next frames.</summary>
    /// <param name="codes">
    /// int64 [B, K, f] on the model's device, f at least 1, B the same in all pushes; K from 1 to <see cref="CompressionModel.TotalCodebooks"/>, which may differ between pushes.
    /// For interleaved stereo the codes of both channels: twice as many codebooks, or an even number of frames. The caller keeps ownership.
    /// </param>
    /// <returns>The samples that no later frame can change, float [B, C, n], owned by the caller; or null if there are none.</returns>
    /// <exception cref="ArgumentException">The shape or type is invalid, or a code is not 0 to <see cref="CompressionModel.Cardinality"/> − 1.</exception>
    /// <exception cref="InvalidOperationException">The stream has ended.</exception>
    /// <exception cref="ObjectDisposedException">The stream is disposed.</exception>
    public Tensor? Push(Tensor codes)
    {
        using var use = plan.Lifetime.Enter();
        plan.CheckCodes(codes, nameof(codes));
        return stream.Push(codes, nameof(codes));
    }

    /// <summary>Ends the codes and returns the remaining samples, or null if there are none.</summary>
    /// <returns>Float [B, C, n] or null. All calls together return whole frames, as <see cref="CompressionModel.Decode(Tensor, Tensor?)"/> does for all codes. The caller owns it.</returns>
    /// <exception cref="InvalidOperationException">The stream has ended.</exception>
    /// <exception cref="ObjectDisposedException">The stream is disposed.</exception>
    public Tensor? Flush() => stream.Flush();

    /// <inheritdoc/>
    Tensor? ICodecStream.Push(Tensor piece) => Push(piece);

    /// <summary>Releases the state of the stream. The model is not disposed.</summary>
    public void Dispose() => stream.Dispose();
}
