using static TorchSharp.torch;

namespace AudioCraft.Generation;

/// <summary>A call of a model: everything that its result depends on, read once on entry.</summary>
/// <param name="Descriptions">One text for each item; null for an item without one.</param>
/// <param name="Tokens">Tokens of the longest description.</param>
/// <param name="Parameters">Checked parameters.</param>
/// <param name="MemoryLimit">Bytes that the call may use in addition to the weights.</param>
/// <param name="Prompt">Audio [B, C, T] to continue, with the model's sample rate and channels, or null. Owned by the request.</param>
/// <param name="Progress">Receives the progress after each decoding step, or null.</param>
internal sealed record GenerationRequest(
    IReadOnlyList<string?> Descriptions, int Tokens, GenerationParams Parameters, long MemoryLimit, Tensor? Prompt = null, IProgress<GenerationProgress>? Progress = null) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Prompt?.Dispose();
}
