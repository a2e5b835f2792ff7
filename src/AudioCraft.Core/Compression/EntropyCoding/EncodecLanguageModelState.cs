using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>Where a stream through an <see cref="EncodecLanguageModel"/> stands: what its layers saw, as far back as attention reaches. Disposing it frees that.</summary>
public sealed class EncodecLanguageModelState : IDisposable
{
    private readonly Tensor?[] past;

    internal EncodecLanguageModelState(int layers) => past = new Tensor?[layers];

    /// <summary>Steps so far.</summary>
    public long Offset { get; internal set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (var i = 0; i < past.Length; i++)
        {
            Remember(i, null);
        }
    }

    /// <summary>Inputs of a layer at earlier steps [B, H, D]; null before the first.</summary>
    internal Tensor? PastOf(int layer) => past[layer];

    /// <summary>Replaces them; the state owns the new ones.</summary>
    internal void Remember(int layer, Tensor? inputs)
    {
        past[layer]?.Dispose();
        past[layer] = inputs?.DetachFromDisposeScope();
    }
}
