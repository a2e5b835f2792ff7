using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>A piece of a sound that is still being made. Joined in order, the pieces are the whole sound.</summary>
/// <param name="Audio">[C, n] float, at the model's sample rate; the receiver's to dispose of.</param>
/// <param name="StartSample">Samples of a channel that came before, of the same sound.</param>
/// <param name="Item">Which description of the call the sound is of, from 0.</param>
public sealed record AudioChunk(Tensor Audio, long StartSample, int Item = 0) : IDisposable
{
    /// <summary>Frees the samples.</summary>
    public void Dispose() => Audio.Dispose();
}
