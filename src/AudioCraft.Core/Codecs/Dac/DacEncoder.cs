using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>Encoder of DAC (Kumar et al. 2023, appendix): sound to a latent sequence. The indices of <c>block</c> are upstream's.</summary>
internal sealed class DacEncoder : DacLayer
{
    private readonly ModuleList<DacLayer> block;

    /// <param name="config">A valid configuration.</param>
    public DacEncoder(DacConfig config) : base(nameof(DacEncoder))
    {
        long width = config.EncoderDimension;
        var layers = new List<DacLayer> { new DacConv1d(1, width, 7, padding: 3) };
        foreach (var rate in config.EncoderRates)
        {
            layers.Add(new DacEncoderBlock(width, rate));
            width *= 2;
        }

        layers.Add(new Snake1d(width));
        layers.Add(new DacConv1d(width, config.LatentDimensionOrDefault, 3, padding: 1));
        block = new ModuleList<DacLayer>([.. layers]);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override IEnumerable<ConvGeometry> Geometry => block.SelectMany(layer => layer.Geometry);

    /// <summary>The blocks in order.</summary>
    public ModuleList<DacLayer> Blocks => block;

    /// <inheritdoc/>
    public override IStreamingLayer OpenStream() => new StreamingChain(block);

    /// <summary>[B, 1, T] → [B, D, F].</summary>
    public override Tensor Run(Tensor input, bool padded) => RunAll(block, input, padded);
}
