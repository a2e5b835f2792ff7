using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Conditioning;

/// <summary>Turns texts into vectors for a language model (upstream's <c>TextConditioner</c>, audiocraft/modules/conditioners.py).</summary>
public abstract class TextConditioner : Module
{
    private protected TextConditioner(string name) : base(name)
    {
    }

    /// <summary>Width of the condition.</summary>
    public abstract long OutputDimension { get; }

    /// <summary>Conditions on texts.</summary>
    /// <param name="texts">At least one; null says nothing.</param>
    /// <returns>Embeddings [B, T, <see cref="OutputDimension"/>], zero where the mask is, and the mask [B, T], int64; both on this module's device, owned by the caller.</returns>
    /// <exception cref="ArgumentException">There is no text.</exception>
    public abstract (Tensor Embeds, Tensor Mask) Encode(IReadOnlyList<string?> texts);
}
