using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>Block of DAC's decoder: Snake, a transposed convolution that lengthens, and three residual units of dilation 1, 3 and 9.</summary>
internal sealed class DacDecoderBlock : DacLayer
{
    private readonly ModuleList<DacLayer> block;

    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="stride">Samples that one becomes.</param>
    public DacDecoderBlock(long inputs, long outputs, long stride) : base(nameof(DacDecoderBlock))
    {
        block = new ModuleList<DacLayer>(
            new Snake1d(inputs),
            new DacConvTranspose1d(inputs, outputs, stride),
            new DacResidualUnit(outputs, 1),
            new DacResidualUnit(outputs, 3),
            new DacResidualUnit(outputs, 9));
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override IEnumerable<ConvGeometry> Geometry => block.SelectMany(layer => layer.Geometry);

    /// <inheritdoc/>
    public override IStreamingLayer OpenStream() => new StreamingChain(block);

    /// <summary>[B, in, F] → [B, out, F·stride].</summary>
    public override Tensor Run(Tensor input, bool padded) => RunAll(block, input, padded);
}
