using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>What an <see cref="LstmStack"/> remembers at the end of a piece, so that the next one continues it; a new one is all zeros.</summary>
internal sealed class LstmState : IDisposable
{
    private readonly Dictionary<int, (Tensor Hidden, Tensor Cell)> layers = [];

    /// <summary>Output and memory cell of a layer after its last step, each [B, C]; null at the start.</summary>
    public (Tensor Hidden, Tensor Cell)? Of(int layer) => layers.TryGetValue(layer, out var state) ? state : null;

    /// <summary>Replaces them, and owns the new ones. They outlive the dispose scopes of single calls.</summary>
    public void Set(int layer, Tensor hidden, Tensor cell)
    {
        Release(layer);
        layers[layer] = (hidden.DetachFromDisposeScope(), cell.DetachFromDisposeScope());
    }

    public void Dispose()
    {
        foreach (var layer in layers.Keys.ToList())
        {
            Release(layer);
        }
    }

    private void Release(int layer)
    {
        if (layers.Remove(layer, out var state))
        {
            state.Hidden.Dispose();
            state.Cell.Dispose();
        }
    }
}
