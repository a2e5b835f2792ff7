using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>
/// A block at work on one stream: it holds as much of the past as the future needs. Over a whole stream it gives what the block's <c>forward</c> gives for
/// the whole input, padding at both ends included, whatever the sizes of the pieces.
/// </summary>
internal interface IStreamingLayer : IDisposable
{
    /// <summary>Takes the next steps of the input and gives the next steps of the output, all that nothing still to come can change.</summary>
    /// <param name="input">[B, C, n], n at least 1, or null for no steps. It stays the caller's and is left as it was.</param>
    /// <param name="last">Whether the input ends here; then everything that is left comes out. No call may follow.</param>
    /// <returns>[B, C', m], the caller's to dispose and to overwrite; null instead of m = 0.</returns>
    Tensor? Push(Tensor? input, bool last);

    /// <summary>
    /// Steps of input that must have been pushed until <paramref name="outputs"/> steps of output have come out (as long as the input has not ended); 0 for 0.
    /// </summary>
    long InputsFor(long outputs);
}
