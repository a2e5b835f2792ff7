using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>The codes of a segment of audio. Disposing it disposes both tensors.</summary>
/// <param name="Codes">int64 [B, K, F].</param>
/// <param name="Scale">The volume [B, 1] of a model that renormalizes, else null.</param>
public sealed record EncodedFrame(Tensor Codes, Tensor? Scale) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Codes.Dispose();
        Scale?.Dispose();
    }
}
