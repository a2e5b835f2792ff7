using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Codecs;

/// <summary>A layer of a codec's encoder or decoder. It processes a whole input with <see cref="Run"/>, or a stream of pieces with <see cref="OpenStream"/>.</summary>
internal abstract class CodecLayer : Module<Tensor, Tensor>
{
    /// <summary>Names the module.</summary>
    protected CodecLayer(string name) : base(name) { }

    /// <summary>The convolutions of this layer in the order in which they run.</summary>
    public virtual IEnumerable<ConvGeometry> Geometry => [];

    /// <summary>Processes a whole input: [B, in, T] → [B, out, T'].</summary>
    /// <param name="input">[B, in, T].</param>
    /// <param name="padded">
    /// Whether convolutions pad their input, so that lengths are kept. Without padding every output has its whole receptive field inside the input, so that overlapping
    /// windows of a long input join without a seam.
    /// </param>
    /// <param name="overwrite">
    /// Whether the layer owns <paramref name="input"/>: it is then disposed, or its memory is reused and it is returned as the result. Otherwise it is left unchanged.
    /// </param>
    /// <returns>The caller owns it.</returns>
    public Tensor Run(Tensor input, bool padded = true, bool overwrite = false)
    {
        if (!overwrite)
        {
            return Compute(input, padded);
        }

        if (TryOverwrite(input))
        {
            return input;
        }

        using (input)
        {
            return Compute(input, padded);
        }
    }

    /// <summary>Opens a stream that computes the padded layer piece by piece. It uses this layer's weights and must not outlive it.</summary>
    /// <remarks>Not for layers with a <see cref="TimeGroupNorm"/>, whose statistics cover the whole input.</remarks>
    public abstract IStreamingLayer OpenStream();

    /// <summary>[B, in, T] → [B, out, T'], padded.</summary>
    public sealed override Tensor forward(Tensor input) => Run(input);

    /// <summary>Computes a new tensor, which may be a view of <paramref name="input"/>; the input is left unchanged.</summary>
    protected abstract Tensor Compute(Tensor input, bool padded);

    /// <summary>Replaces the values of <paramref name="input"/> by the layer's output, where the layer is point-wise and this saves memory; false if it did nothing.</summary>
    protected virtual bool TryOverwrite(Tensor input) => false;
}

/// <summary>A layer without memory of the past: every step of the output depends on the same step of the input alone.</summary>
internal abstract class PointwiseLayer : CodecLayer
{
    /// <summary>Names the module.</summary>
    protected PointwiseLayer(string name) : base(name) { }

    /// <inheritdoc/>
    public sealed override IStreamingLayer OpenStream() => new StreamingFunction(input => Run(input), input => Run(input, overwrite: true));
}

/// <summary>The parameters of a convolution that determine lengths.</summary>
/// <param name="Kernel">Taps.</param>
/// <param name="Stride">Step.</param>
/// <param name="Dilation">Distance between taps.</param>
/// <param name="Transposed">Whether the convolution is transposed.</param>
internal readonly record struct ConvGeometry(long Kernel, long Stride, long Dilation = 1, bool Transposed = false)
{
    /// <summary>Samples from the first tap to the last: (k − 1)·d + 1.</summary>
    public long Reach => (Dilation * (Kernel - 1)) + 1;

    /// <summary>Output length for an input length, without padding. Negative lengths are valid: upstream computes the delay of DAC from them.</summary>
    public long LengthOut(long length) => Transposed ? ((length - 1) * Stride) + Reach : (long)Math.Floor((length - Reach) / (double)Stride) + 1;

    /// <summary>The smallest input length for an output length.</summary>
    public long LengthIn(long length) => Transposed ? (long)Math.Ceiling((length - Reach) / (double)Stride) + 1 : ((length - 1) * Stride) + Reach;
}
