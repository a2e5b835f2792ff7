using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Compression.Streaming;

/// <summary>Blocks one after another, each with its own state: the streaming form of <see cref="SEANetChain"/>.</summary>
internal sealed class StreamingChain : IStreamingLayer
{
    private readonly List<IStreamingLayer> layers = [];

    /// <param name="modules">At least one; every one an <see cref="IStreamable"/>.</param>
    public StreamingChain(ModuleList<Module<Tensor, Tensor>> modules)
    {
        for (var i = 0; i < modules.Count; i++)
        {
            layers.Add(((IStreamable)modules[i]).OpenStream());
        }
    }

    public Tensor? Push(Tensor? input, bool last)
    {
        var current = input;
        for (var i = 0; i < layers.Count; i++)
        {
            if (current is null && !last)
            {
                return null;
            }

            if (i > 0 && current is not null && layers[i] is StreamingActivation activation)
            {
                current = activation.Replace(current);
                continue;
            }

            var previous = current;
            current = layers[i].Push(previous, last);
            if (i > 0)
            {
                previous?.Dispose();
            }
        }

        return current;
    }

    public long InputsFor(long outputs)
    {
        for (var i = layers.Count - 1; i >= 0; i--)
        {
            outputs = layers[i].InputsFor(outputs);
        }

        return outputs;
    }

    public void Dispose() => layers.ForEach(layer => layer.Dispose());
}
