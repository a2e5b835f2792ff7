using AudioCraft.Kernels;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>Residual unit of DAC: Snake, dilated convolution of seven taps, Snake, point-wise convolution, plus the input.</summary>
internal sealed class DacResidualUnit : CodecLayer
{
    private readonly LayerChain block;
    private readonly long padding;
    private readonly long dilation;

    /// <param name="width">Input and output channels.</param>
    /// <param name="dilation">Of the first convolution.</param>
    public DacResidualUnit(long width, long dilation) : base(nameof(DacResidualUnit))
    {
        (padding, this.dilation) = (3 * dilation, dilation);
        block = new LayerChain(
            new Snake1d(width),
            new DacConv1d(width, width, 7, padding: padding, dilation: dilation),
            new Snake1d(width),
            new DacConv1d(width, width, 1));
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override IEnumerable<ConvGeometry> Geometry => block.Geometry;

    /// <inheritdoc/>
    // Snake maps zeros to zeros, so that the whole unit is one convolution with the reach of its first.
    public override IStreamingLayer OpenStream() =>
        new StreamingConv1d(input => Run(input, padded: false), (2 * padding) + 1, 1, _ => new ConvPadding(padding, padding), ConvPaddingMode.Constant);

    /// <summary>[B, C, T] → [B, C, T]; without padding plus the middle of the input, which is as long as the output.</summary>
    protected override Tensor Compute(Tensor input, bool padded)
    {
        var (first, second) = ((DacConv1d)block.Layers[1], (DacConv1d)block.Layers[3]);
        var frames = padded ? input.size(-1) : input.size(-1) - (2 * padding);
        if (DirectConv1d.Supports(input, first.Weight, frames, 1, dilation) && input.is_contiguous())
        {
            using var hidden = DirectConv1d.Run(input, first.Weight, first.Bias, 1, padded ? padding : 0, dilation, ((Snake1d)block.Layers[0]).Alpha);
            return DirectConv1d.Run(hidden, second.Weight, second.Bias, 1, 0, 1, ((Snake1d)block.Layers[2]).Alpha, input, padded ? 0 : padding);
        }

        using var scope = NewDisposeScope();
        var branch = block.Run(input, padded);
        var lost = input.size(-1) - branch.size(-1);
        var kept = lost == 0 ? input : input.narrow(-1, lost / 2, branch.size(-1));
        return (is_grad_enabled() ? branch.add(kept, Scalars.One) : branch.add_(kept, Scalars.One)).MoveToOuterDisposeScope();
    }
}
