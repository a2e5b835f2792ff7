using AudioCraft.Compression.Streaming;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioCraft.Compression;

/// <summary>Residual unit of DAC: Snake, dilated convolution of seven taps, Snake, point-wise convolution, plus the input.</summary>
internal sealed class DacResidualUnit : DacLayer
{
    private readonly ModuleList<DacLayer> block;

    /// <param name="width">Channels in and out.</param>
    /// <param name="dilation">Of the first convolution.</param>
    public DacResidualUnit(long width, long dilation) : base(nameof(DacResidualUnit))
    {
        block = new ModuleList<DacLayer>(
            new Snake1d(width),
            new DacConv1d(width, width, 7, padding: 3 * dilation, dilation: dilation),
            new Snake1d(width),
            new DacConv1d(width, width, 1));
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override IEnumerable<ConvGeometry> Geometry => block.SelectMany(layer => layer.Geometry);

    /// <inheritdoc/>
    public override IStreamingLayer OpenStream() => new StreamingResnetBlock(new StreamingChain(block), null);

    /// <summary>[B, C, T] → [B, C, T]; without padding the same as the middle of the input, which is as long as the output.</summary>
    public override Tensor Run(Tensor input, bool padded)
    {
        using var scope = NewDisposeScope();
        var branch = RunAll(block, input, padded);
        var lost = input.size(-1) - branch.size(-1);
        var kept = lost == 0 ? input : input.narrow(-1, lost / 2, branch.size(-1));
        return (is_grad_enabled() ? branch + kept : branch.add_(kept)).MoveToOuterDisposeScope();
    }
}
