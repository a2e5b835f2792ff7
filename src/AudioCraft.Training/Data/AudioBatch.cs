using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>A batch of audio segments.</summary>
/// <param name="Wav">Float32 [B, C, T] on the CPU, padded with zeros.</param>
/// <param name="Lengths">Samples of each item without the padding.</param>
/// <param name="Descriptions">One description of each item, or null.</param>
/// <param name="Sources">Index of each item in its source; for a mixture, that of the first sound.</param>
public sealed record AudioBatch(Tensor Wav, IReadOnlyList<int> Lengths, IReadOnlyList<string?> Descriptions, IReadOnlyList<int> Sources) : IDisposable
{
    /// <summary>Releases the audio.</summary>
    public void Dispose() => Wav.Dispose();
}
