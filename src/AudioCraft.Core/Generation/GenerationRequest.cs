using static TorchSharp.torch;

namespace AudioCraft.Generation;

/// <summary>One call of a model: everything that it depends on, read once on entry.</summary>
/// <param name="Descriptions">One text an item, or null for an item without one.</param>
/// <param name="Parameters">Checked parameters.</param>
/// <param name="MemoryLimit">Bytes beside the weights that the call may use.</param>
/// <param name="Prompt">Audio [B, C, T] at the model's rate and channel count to continue, or null. Owned by the request.</param>
/// <param name="Progress">Receives the progress after each decoding step, or null.</param>
internal sealed record GenerationRequest(
    IReadOnlyList<string?> Descriptions, GenerationParams Parameters, long MemoryLimit, Tensor? Prompt = null, IProgress<GenerationProgress>? Progress = null) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Prompt?.Dispose();
}
