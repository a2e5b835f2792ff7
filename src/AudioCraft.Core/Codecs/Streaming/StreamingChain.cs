using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Codecs;

/// <summary>Layers one after another, each with its own state.</summary>
internal sealed class StreamingChain : IStreamingLayer
{
    private readonly IStreamingLayer[] layers;

    /// <param name="layers">At least one, at the start of a stream; disposed with this.</param>
    public StreamingChain(params IStreamingLayer[] layers) => this.layers = layers;

    /// <param name="modules">At least one; every one an <see cref="IStreamable"/>.</param>
    public StreamingChain(IEnumerable<Module<Tensor, Tensor>> modules)
        : this([.. modules.Select(module => ((IStreamable)module).OpenStream())]) { }

    public Tensor? Push(Tensor? input, bool last)
    {
        var current = input;
        for (var i = 0; i < layers.Length; i++)
        {
            if (current is null && !last)
            {
                return null;
            }

            if (i > 0 && current is not null && layers[i] is StreamingFunction function)
            {
                current = function.Replace(current);
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
        for (var i = layers.Length - 1; i >= 0; i--)
        {
            outputs = layers[i].InputsFor(outputs);
        }

        return outputs;
    }

    public void Dispose()
    {
        foreach (var layer in layers)
        {
            layer.Dispose();
        }
    }
}
