using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Conditioning;

/// <summary>Encodes texts as vectors for a language model (upstream's <c>TextConditioner</c>, audiocraft/modules/conditioners.py).</summary>
public abstract class TextConditioner : Module
{
    private protected TextConditioner(string name) : base(name)
    {
    }

    /// <summary>Width of the condition.</summary>
    public abstract long OutputDimension { get; }

    /// <summary>Encodes texts.</summary>
    /// <param name="texts">At least one; null for no condition.</param>
    /// <returns>Embeddings [B, T, <see cref="OutputDimension"/>], zero where the mask is zero, and the mask [B, T], int64; both on this module's device, owned by the caller.</returns>
    /// <exception cref="ArgumentException">The list is empty.</exception>
    public abstract (Tensor Embeds, Tensor Mask) Encode(IReadOnlyList<string?> texts);
}
