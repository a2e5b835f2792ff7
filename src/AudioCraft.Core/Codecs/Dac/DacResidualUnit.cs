using AudioCraft.Kernels;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>Residual unit of DAC: Snake, dilated convolution of seven taps, Snake, point-wise convolution, plus the input.</summary>
internal sealed class DacResidualUnit : DacLayer
{
    private readonly ModuleList<DacLayer> block;
    private readonly long padding;
    private readonly long dilation;

    /// <param name="width">Channels in and out.</param>
    /// <param name="dilation">Of the first convolution.</param>
    public DacResidualUnit(long width, long dilation) : base(nameof(DacResidualUnit))
    {
        (padding, this.dilation) = (3 * dilation, dilation);
        block = new ModuleList<DacLayer>(
            new Snake1d(width),
            new DacConv1d(width, width, 7, padding: padding, dilation: dilation),
            new Snake1d(width),
            new DacConv1d(width, width, 1));
        RegisterComponents();
    }

    private DacConv1d First => (DacConv1d)block[1];

    private DacConv1d Second => (DacConv1d)block[3];

    /// <inheritdoc/>
    public override IEnumerable<ConvGeometry> Geometry => block.SelectMany(layer => layer.Geometry);

    /// <inheritdoc/>
    // Zeros before Snake are zeros after it, so that all of the unit is one convolution of the reach of its first.
    public override IStreamingLayer OpenStream() =>
        new StreamingConv1d(sound => Run(sound, padded: false), (2 * padding) + 1, 1, _ => new ConvPadding(padding, padding), ConvPaddingMode.Constant);

    /// <summary>[B, C, T] → [B, C, T]; without padding the same as the middle of the input, which is as long as the output.</summary>
    public override Tensor Run(Tensor input, bool padded)
    {
        var frames = padded ? input.size(-1) : input.size(-1) - (2 * padding);
        if (DirectConv1d.Takes(input, First.Weight, frames, 1, dilation) && input.is_contiguous())
        {
            using var hidden = DirectConv1d.Run(input, First.Weight, First.Bias, 1, padded ? padding : 0, dilation, ((Snake1d)block[0]).Alpha);
            return DirectConv1d.Run(hidden, Second.Weight, Second.Bias, 1, 0, 1, ((Snake1d)block[2]).Alpha, input, padded ? 0 : padding);
        }

        using var scope = NewDisposeScope();
        var branch = RunAll(block, input, padded);
        var lost = input.size(-1) - branch.size(-1);
        var kept = lost == 0 ? input : input.narrow(-1, lost / 2, branch.size(-1));
        return (is_grad_enabled() ? branch + kept : branch.add_(kept)).MoveToOuterDisposeScope();
    }
}
