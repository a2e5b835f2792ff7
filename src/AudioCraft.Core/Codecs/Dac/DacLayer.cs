using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Codecs;

/// <summary>
/// A layer of DAC. It runs in two ways: padded, so that lengths are kept, or without padding, where every output has its whole receptive field inside the input.
/// Files are coded window by window in the second way, and the windows fit together without a seam.
/// </summary>
internal abstract class DacLayer : Module<Tensor, Tensor>, IStreamable
{
    /// <summary>Names the module.</summary>
    protected DacLayer(string name) : base(name) { }

    /// <summary>The convolutions inside, in the order they are run.</summary>
    public virtual IEnumerable<ConvGeometry> Geometry => [];

    /// <summary>The layer, padded, at the start of a stream. Its weights stay the layer's.</summary>
    public abstract IStreamingLayer OpenStream();

    /// <summary>[B, in, T] → [B, out, T'], a new tensor.</summary>
    public abstract Tensor Run(Tensor input, bool padded);

    /// <summary>The same for an input that nothing else needs: it is disposed, or its memory used again.</summary>
    public virtual Tensor RunOver(Tensor input, bool padded)
    {
        using (input)
        {
            return Run(input, padded);
        }
    }

    /// <summary>[B, in, T] → [B, out, T'], padded.</summary>
    public sealed override Tensor forward(Tensor input) => Run(input, padded: true);

    /// <summary>One layer after another. Intermediate tensors are released as soon as the next one exists; the input is left as it was.</summary>
    protected static Tensor RunAll(ModuleList<DacLayer> layers, Tensor input, bool padded)
    {
        var current = layers[0].Run(input, padded);
        for (var i = 1; i < layers.Count; i++)
        {
            current = layers[i].RunOver(current, padded);
        }

        return current;
    }
}

/// <summary>What of a convolution decides about lengths.</summary>
/// <param name="Kernel">Taps.</param>
/// <param name="Stride">Step.</param>
/// <param name="Dilation">Distance between taps.</param>
/// <param name="Transposed">Whether it lengthens.</param>
internal readonly record struct ConvGeometry(long Kernel, long Stride, long Dilation, bool Transposed)
{
    private long Reach => Dilation * (Kernel - 1) + 1;

    /// <summary>Length out of a length in, without padding. Negative lengths have a meaning here: upstream computes its delay from them.</summary>
    public long LengthOut(long length) => Transposed ? (length - 1) * Stride + Reach : (long)Math.Floor((length - Reach) / (double)Stride) + 1;

    /// <summary>The least length in for a length out.</summary>
    public long LengthIn(long length) => Transposed ? (long)Math.Ceiling((length - Reach) / (double)Stride) + 1 : (length - 1) * Stride + Reach;
}
