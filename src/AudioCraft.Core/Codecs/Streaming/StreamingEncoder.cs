using AudioCraft.Codecs;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// Encodes audio while it arrives. Over a whole stream the codes equal those of <see cref="CompressionModel.Encode(Tensor)"/> for the whole audio, up to float rounding,
/// for any piece sizes. Created by <see cref="CompressionModel.CreateStreamingEncoder"/>.
/// </summary>
/// <remarks>
/// The time and memory of a push grow with the piece; the state kept between pushes does not grow. Not thread-safe.
/// The model must outlive the stream; it can serve any number of streams and other calls at the same time.
/// </remarks>
public sealed class StreamingEncoder : ICodecStream
{
    private readonly StreamPlan plan;
    private readonly CodecStream stream;
    private readonly Func<int> usual;
    private readonly int totalCodebooks;
    private int codebooks;

    /// <param name="plan">The model's.</param>
    /// <param name="usual">Codebooks of calls that do not specify a number.</param>
    /// <param name="totalCodebooks">Codebooks of the model.</param>
    internal StreamingEncoder(StreamPlan plan, Func<int> usual, int totalCodebooks)
    {
        (this.plan, this.usual, this.totalCodebooks) = (plan, usual, totalCodebooks);
        stream = new(plan.Lifetime, () => plan.OpenEncoder(() => codebooks));
    }

    /// <summary>
    /// Samples from the first sample of a frame until the codes of that frame are known: the push that brings this many returns the frame.
    /// For a causal <see cref="EncodecModel"/> the samples of the frame itself; for others, and for every <see cref="DacModel"/>, also the look-ahead of their convolutions.
    /// For stereo with codes interleaved frame by frame, both frames of a time step are returned together.
    /// </summary>
    public int LatencySamples => checked(plan.Samples + stream.LookAhead(plan.Samples, plan.Frames));

    /// <summary>
    /// Samples until the first frame is known. More than <see cref="LatencySamples"/> where the model's convolutions reflect the start of the audio
    /// (<see cref="ConvPaddingMode.Reflect"/>): then the first frame depends on later samples, in causal models too.
    /// The delayed frames are returned together, and from then on the latency is <see cref="LatencySamples"/>.
    /// </summary>
    public int StartupSamples => stream.Startup;

    /// <summary>Takes the next samples. The returned frames have the number of codebooks that <see cref="CompressionModel.SetNumCodebooks"/> has set.</summary>
    /// <param name="samples">Float [B, C, n] on the model's device, n at least 1, B the same in all pushes. The caller keeps ownership.</param>
    /// <returns>The codes that no later sample can change, int64 [B, K, f], owned by the caller; or null where no frame is complete.</returns>
    /// <exception cref="ArgumentException">The shape or type is invalid.</exception>
    /// <exception cref="InvalidOperationException">The stream has ended.</exception>
    /// <exception cref="ObjectDisposedException">The stream is disposed.</exception>
    public Tensor? Push(Tensor samples) => Push(samples, usual());

    /// <summary>Takes the next samples.</summary>
    /// <param name="samples">Float [B, C, n] on the model's device, n at least 1, B the same in all pushes. The caller keeps ownership.</param>
    /// <param name="codebooks">Codebooks of the returned frames, as for <see cref="CompressionModel.Encode(Tensor, int)"/>.</param>
    /// <returns>The codes that no later sample can change, int64 [B, K, f], owned by the caller; or null where no frame is complete.</returns>
    /// <exception cref="ArgumentException">The shape, type or number of codebooks is invalid.</exception>
    /// <exception cref="InvalidOperationException">The stream has ended.</exception>
    /// <exception cref="ObjectDisposedException">The stream is disposed.</exception>
    public Tensor? Push(Tensor samples, int codebooks)
    {
        using var use = plan.Lifetime.Enter();
        plan.CheckAudio(samples, nameof(samples));
        this.codebooks = BaseQuantizer.CheckNumCodebooks(codebooks, totalCodebooks, nameof(codebooks));
        return stream.Push(samples, nameof(samples));
    }

    /// <summary>
    /// Ends the audio and returns the codes of the remaining frames, the last one completed as by <see cref="CompressionModel.Encode(Tensor)"/>, or null if no sample was pushed.
    /// The frames have the number of codebooks that <see cref="CompressionModel.SetNumCodebooks"/> has set.
    /// </summary>
    /// <returns>int64 [B, K, f] or null. The caller owns it.</returns>
    /// <exception cref="InvalidOperationException">The stream has ended.</exception>
    /// <exception cref="ObjectDisposedException">The stream is disposed.</exception>
    public Tensor? Flush() => Flush(usual());

    /// <summary>Ends the audio and returns the codes of the remaining frames, as <see cref="Flush()"/> does.</summary>
    /// <param name="codebooks">Codebooks of the returned frames, as for <see cref="CompressionModel.Encode(Tensor, int)"/>.</param>
    /// <returns>int64 [B, K, f] or null. The caller owns it.</returns>
    /// <exception cref="ArgumentException">The number of codebooks is invalid.</exception>
    /// <exception cref="InvalidOperationException">The stream has ended.</exception>
    /// <exception cref="ObjectDisposedException">The stream is disposed.</exception>
    public Tensor? Flush(int codebooks)
    {
        this.codebooks = BaseQuantizer.CheckNumCodebooks(codebooks, totalCodebooks, nameof(codebooks));
        return stream.Flush();
    }

    /// <inheritdoc/>
    Tensor? ICodecStream.Push(Tensor piece) => Push(piece);

    /// <summary>Releases the state of the stream. The model is not disposed.</summary>
    public void Dispose() => stream.Dispose();
}
