using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>
/// The state of a <see cref="CodecLayer"/> for one stream. Over a whole stream the outputs equal those of <see cref="CodecLayer.Run"/> for the whole input,
/// including the padding at both ends, for any piece sizes.
/// </summary>
internal interface IStreamingLayer : IDisposable
{
    /// <summary>Takes the next steps of the input and returns the next steps of the output that no later input can change.</summary>
    /// <param name="input">[B, C, n], n at least 1, or null for no steps. The caller keeps ownership; it is left unchanged.</param>
    /// <param name="last">Whether the input ends here; then all remaining output is returned. No call may follow.</param>
    /// <returns>[B, C', m], which the caller owns and may overwrite; null instead of m = 0.</returns>
    Tensor? Push(Tensor? input, bool last);

    /// <summary>
    /// Steps of input that must be pushed before <paramref name="outputs"/> steps of output are returned, while the input has not ended; 0 for 0.
    /// </summary>
    long InputsFor(long outputs);
}
