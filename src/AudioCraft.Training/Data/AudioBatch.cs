using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>Sounds that are learnt from at once.</summary>
/// <param name="Wav">Float32 [B, C, T] on the CPU, zeros where a sound is shorter.</param>
/// <param name="Lengths">Samples of each item before the zeros.</param>
/// <param name="Descriptions">One description of each item, or null.</param>
/// <param name="Sources">The number of each item in its source; of a mixture, the first of the two.</param>
public sealed record AudioBatch(Tensor Wav, IReadOnlyList<int> Lengths, IReadOnlyList<string?> Descriptions, IReadOnlyList<int> Sources) : IDisposable
{
    /// <summary>Releases the sound.</summary>
    public void Dispose() => Wav.Dispose();
}
