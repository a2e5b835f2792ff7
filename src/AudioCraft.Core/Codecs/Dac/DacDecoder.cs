namespace AudioCraft.Codecs;

/// <summary>
/// Decoder of DAC (Kumar et al. 2023, appendix): a latent sequence [B, D, F] to audio [B, 1, F·hop] within ±1, shorter by some samples where a rate is odd.
/// The indices of <c>model</c> are upstream's; the hyperbolic tangent that follows it has no parameters.
/// </summary>
internal sealed class DacDecoder : ChainLayer
{
    private readonly LayerChain model;

    /// <param name="config">A valid configuration.</param>
    public DacDecoder(DacConfig config) : base(nameof(DacDecoder))
    {
        model = new LayerChain(CreateLayers(config));
        RegisterComponents();
    }

    /// <inheritdoc/>
    protected override LayerChain Chain => model;

    private static CodecLayer[] CreateLayers(DacConfig config)
    {
        long width = config.DecoderDimension;
        var layers = new List<CodecLayer> { new DacConv1d(config.LatentDimensionOrDefault, width, 7, padding: 3) };
        foreach (var (i, rate) in config.DecoderRates.Index())
        {
            var narrower = config.DecoderDimension >> (i + 1);
            layers.Add(new DacDecoderBlock(width, narrower, rate));
            width = narrower;
        }

        layers.Add(new Snake1d(width));
        layers.Add(new DacConv1d(width, 1, 7, padding: 3));
        layers.Add(new Activation(new ActivationConfig("Tanh")));
        return [.. layers];
    }
}

/// <summary>Block of DAC's decoder, [B, in, F] → [B, out, F·stride]: Snake, a transposed convolution, and three residual units of dilation 1, 3 and 9.</summary>
internal sealed class DacDecoderBlock : ChainLayer
{
    private readonly LayerChain block;

    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="stride">Output samples of an input sample.</param>
    public DacDecoderBlock(long inputs, long outputs, long stride) : base(nameof(DacDecoderBlock))
    {
        block = new LayerChain(
            new Snake1d(inputs),
            new DacConvTranspose1d(inputs, outputs, stride),
            new DacResidualUnit(outputs, 1),
            new DacResidualUnit(outputs, 3),
            new DacResidualUnit(outputs, 9));
        RegisterComponents();
    }

    /// <inheritdoc/>
    protected override LayerChain Chain => block;
}
