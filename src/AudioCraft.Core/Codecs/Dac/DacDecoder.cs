using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>Decoder of DAC (Kumar et al. 2023, appendix): a latent sequence to sound within ±1. The indices of <c>model</c> are upstream's.</summary>
internal sealed class DacDecoder : DacLayer
{
    private readonly ModuleList<DacLayer> model;

    /// <param name="config">A valid configuration.</param>
    public DacDecoder(DacConfig config) : base(nameof(DacDecoder))
    {
        long width = config.DecoderDimension;
        var layers = new List<DacLayer> { new DacConv1d(config.LatentDimensionOrDefault, width, 7, padding: 3) };
        foreach (var (i, rate) in config.DecoderRates.Index())
        {
            var narrower = config.DecoderDimension >> (i + 1);
            layers.Add(new DacDecoderBlock(width, narrower, rate));
            width = narrower;
        }

        layers.Add(new Snake1d(width));
        layers.Add(new DacConv1d(width, 1, 7, padding: 3));
        model = new ModuleList<DacLayer>([.. layers]);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override IEnumerable<ConvGeometry> Geometry => model.SelectMany(layer => layer.Geometry);

    /// <summary>The blocks in order; the hyperbolic tangent at the end is not one of them.</summary>
    public ModuleList<DacLayer> Blocks => model;

    /// <inheritdoc/>
    public override IStreamingLayer OpenStream() => new StreamingChain(new StreamingChain(model), new StreamingFunction(sound => sound.tanh(), sound => sound.tanh_()));

    /// <summary>[B, D, F] → [B, 1, F·hop], shorter by some samples where a rate is odd.</summary>
    public override Tensor Run(Tensor input, bool padded)
    {
        using var scope = NewDisposeScope();
        var sound = RunAll(model, input, padded);
        return (is_grad_enabled() ? sound.tanh() : sound.tanh_()).MoveToOuterDisposeScope();
    }
}
