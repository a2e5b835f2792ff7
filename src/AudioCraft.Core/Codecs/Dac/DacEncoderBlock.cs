using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>Block of DAC's encoder: three residual units of dilation 1, 3 and 9, Snake, and a convolution that shortens and doubles the channels.</summary>
internal sealed class DacEncoderBlock : DacLayer
{
    private readonly ModuleList<DacLayer> block;

    /// <param name="width">Channels in; twice as many come out.</param>
    /// <param name="stride">Samples that become one.</param>
    public DacEncoderBlock(long width, long stride) : base(nameof(DacEncoderBlock))
    {
        block = new ModuleList<DacLayer>(
            new DacResidualUnit(width, 1),
            new DacResidualUnit(width, 3),
            new DacResidualUnit(width, 9),
            new Snake1d(width),
            new DacConv1d(width, 2 * width, 2 * stride, stride, padding: (stride + 1) / 2));
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override IEnumerable<ConvGeometry> Geometry => block.SelectMany(layer => layer.Geometry);

    /// <inheritdoc/>
    public override IStreamingLayer OpenStream() => new StreamingChain(block);

    /// <summary>[B, C, T] → [B, 2C, T / stride].</summary>
    public override Tensor Run(Tensor input, bool padded) => RunAll(block, input, padded);
}
