using AudioCraft.Codecs;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// Sound to codes while the sound arrives: push samples, get codes. Over a whole stream the codes are those that <see cref="CompressionModel.Encode"/> gives for the
/// whole sound, up to float rounding, whatever the sizes of the pieces: 1 sample or an hour. Made by <see cref="CompressionModel.CreateStreamingEncoder"/>.
/// </summary>
/// <remarks>
/// The work of a push and the memory during it grow with the piece; what is kept between pushes does not grow. Not for several threads at once.
/// The model must outlive it and may serve any number of streams, and be used otherwise in between.
/// </remarks>
public sealed class StreamingEncoder : ICodecStream
{
    private readonly StreamPlan plan;
    private readonly CodecStream stream;

    internal StreamingEncoder(StreamPlan plan)
    {
        this.plan = plan;
        stream = new(plan.OpenEncoder());
    }

    /// <summary>
    /// Samples from the first one of a frame until the codes of that frame are known: a frame comes out with the push that brings this many.
    /// A frame's own samples for a causal <see cref="EncodecModel"/>; for others, and for every <see cref="DacModel"/>, these and the look-ahead of their convolutions.
    /// Of stereo whose codes alternate frame by frame, the two frames of a moment come out together.
    /// </summary>
    public int LatencySamples => checked(plan.Samples + stream.LookAhead(plan.Samples, plan.Frames));

    /// <summary>
    /// Samples until the first frame is known. More than <see cref="LatencySamples"/> where the model's convolutions see the start of the sound mirrored
    /// (<see cref="ConvPaddingMode.Reflect"/>): then the first frame depends on samples that come later, in causal models too.
    /// The frames that waited come out together, and from there on the latency is as usual.
    /// </summary>
    public int StartupSamples => stream.Startup;

    /// <summary>Takes the next samples.</summary>
    /// <param name="samples">Float [B, C, n] on the model's device, n at least 1, B the same in all pushes. It stays the caller's.</param>
    /// <returns>
    /// The codes that are certain now, int64 [B, K, f], the caller's; or null where no frame is complete. K is the model's <see cref="CompressionModel.NumCodebooks"/> at the time of the call.
    /// </returns>
    /// <exception cref="ArgumentException">The shape or type is not that.</exception>
    /// <exception cref="InvalidOperationException">The stream has ended.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public Tensor? Push(Tensor samples)
    {
        plan.CheckSound(samples, nameof(samples));
        return stream.Push(samples, nameof(samples));
    }

    /// <summary>Ends the sound: gives the codes of the frames that are left, the last one filled up as <see cref="CompressionModel.Encode"/> does, or null if no sample was pushed.</summary>
    /// <returns>int64 [B, K, f] or null. The frames of all calls are those that <see cref="CompressionModel.Encode"/> gives for all samples. The caller owns it.</returns>
    /// <exception cref="InvalidOperationException">The stream has ended.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public Tensor? Flush() => stream.Flush();

    /// <inheritdoc/>
    Tensor? ICodecStream.Push(Tensor piece) => Push(piece);

    /// <summary>Releases what is kept of the past. The model stays.</summary>
    public void Dispose() => stream.Dispose();
}
