using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>A chunk of audio that is being generated. The chunks of an item, concatenated, are its whole audio.</summary>
/// <param name="Audio">[C, n] float, at the model's sample rate. The receiver disposes of it.</param>
/// <param name="StartSample">Samples per channel before this chunk, in the audio of the same item.</param>
/// <param name="Item">Index of the description in the call, from 0.</param>
public sealed record AudioChunk(Tensor Audio, long StartSample, int Item = 0) : IDisposable
{
    /// <summary>Disposes of <see cref="Audio"/>.</summary>
    public void Dispose() => Audio.Dispose();
}
