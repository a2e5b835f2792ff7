using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Conditioning;

/// <summary>Encodes texts as vectors for a language model (upstream's <c>TextConditioner</c>, audiocraft/modules/conditioners.py).</summary>
public abstract class TextConditioner : Module
{
    private protected TextConditioner(string name) : base(name) => Lifetime = new NativeLifetime(this);

    /// <summary>Keeps the weights alive during calls.</summary>
    internal NativeLifetime Lifetime { get; }

    /// <summary>Width of the condition.</summary>
    public abstract long OutputDimension { get; }

    /// <summary>Number of positions that a text takes in the result of <see cref="Encode"/>, before padding.</summary>
    /// <exception cref="ArgumentException">The text is longer than the conditioner accepts; the message states both lengths.</exception>
    internal virtual int CountTokens(string? text) => 1;

    /// <summary>Memory in bytes that <see cref="Encode"/> uses for a text, in addition to the weights.</summary>
    internal virtual long MemoryOf(long tokens) => tokens * OutputDimension * sizeof(float);

    /// <summary>Encodes texts.</summary>
    /// <param name="texts">At least one; null for no condition.</param>
    /// <returns>Embeddings [B, T, <see cref="OutputDimension"/>], zero where the mask is zero, and the mask [B, T], int64; both on this module's device, owned by the caller.</returns>
    /// <exception cref="ArgumentException">The list is empty, or a text is longer than the conditioner accepts.</exception>
    public abstract (Tensor Embeds, Tensor Mask) Encode(IReadOnlyList<string?> texts);

    /// <summary>Frees the weights, once all running calls have ended. It can be called at any time and from any thread.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Lifetime.Dispose(() => base.Dispose(true));
        }
        else
        {
            base.Dispose(false);
        }
    }
}
