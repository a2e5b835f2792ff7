using System.Globalization;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>
/// Layers that run one after another, for whole inputs and for streams, in SEANet and DAC. Their names in a checkpoint are their indices.
/// Intermediate tensors are overwritten or released as soon as the next layer has run.
/// </summary>
internal sealed class LayerChain : CodecLayer
{
    private readonly CodecLayer[] layers;

    /// <param name="layers">At least one.</param>
    public LayerChain(params CodecLayer[] layers) : base(nameof(LayerChain))
    {
        this.layers = layers;
        foreach (var (index, layer) in layers.Index())
        {
            register_module(index.ToString(CultureInfo.InvariantCulture), layer);
        }
    }

    /// <summary>The layers in order.</summary>
    public IReadOnlyList<CodecLayer> Layers => layers;

    /// <inheritdoc/>
    public override IEnumerable<ConvGeometry> Geometry => layers.SelectMany(layer => layer.Geometry);

    /// <inheritdoc/>
    public override IStreamingLayer OpenStream() => new StreamingChain([.. layers.Select(layer => layer.OpenStream())]);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor input, bool padded)
    {
        var current = layers[0].Run(input, padded);
        for (var i = 1; i < layers.Length; i++)
        {
            current = layers[i].Run(current, padded, overwrite: true);
        }

        return current;
    }
}

/// <summary>A module that consists of one <see cref="LayerChain"/>, in a field with the checkpoint's name for it.</summary>
internal abstract class ChainLayer : CodecLayer
{
    /// <summary>Names the module.</summary>
    protected ChainLayer(string name) : base(name) { }

    /// <summary>The layers in order.</summary>
    public IReadOnlyList<CodecLayer> Layers => Chain.Layers;

    /// <inheritdoc/>
    public override IEnumerable<ConvGeometry> Geometry => Chain.Geometry;

    /// <summary>The chain.</summary>
    protected abstract LayerChain Chain { get; }

    /// <inheritdoc/>
    public override IStreamingLayer OpenStream() => Chain.OpenStream();

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor input, bool padded) => Chain.Run(input, padded);
}

/// <summary>Streaming layers that run one after another, each with its own state.</summary>
/// <param name="layers">At least one, at the start of a stream; disposed with this.</param>
internal sealed class StreamingChain(params IStreamingLayer[] layers) : IStreamingLayer
{
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
                current = function.Overwrite(current);
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
