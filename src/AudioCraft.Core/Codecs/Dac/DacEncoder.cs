namespace AudioCraft.Codecs;

/// <summary>Encoder of DAC (Kumar et al. 2023, appendix): audio [B, 1, T] to a latent sequence [B, D, F]. The indices of <c>block</c> are upstream's.</summary>
internal sealed class DacEncoder : ChainLayer
{
    private readonly LayerChain block;

    /// <param name="config">A valid configuration.</param>
    public DacEncoder(DacConfig config) : base(nameof(DacEncoder))
    {
        block = new LayerChain(CreateLayers(config));
        RegisterComponents();
    }

    /// <inheritdoc/>
    protected override LayerChain Chain => block;

    private static CodecLayer[] CreateLayers(DacConfig config)
    {
        long width = config.EncoderDimension;
        var layers = new List<CodecLayer> { new DacConv1d(1, width, 7, padding: 3) };
        foreach (var rate in config.EncoderRates)
        {
            layers.Add(new DacEncoderBlock(width, rate));
            width *= 2;
        }

        layers.Add(new Snake1d(width));
        layers.Add(new DacConv1d(width, config.LatentDimensionOrDefault, 3, padding: 1));
        return [.. layers];
    }
}

/// <summary>Block of DAC's encoder, [B, C, T] → [B, 2C, T / stride]: three residual units of dilation 1, 3 and 9, Snake, and a strided convolution that doubles the channels.</summary>
internal sealed class DacEncoderBlock : ChainLayer
{
    private readonly LayerChain block;

    /// <param name="width">Input channels; the output has twice as many.</param>
    /// <param name="stride">Input samples of an output sample.</param>
    public DacEncoderBlock(long width, long stride) : base(nameof(DacEncoderBlock))
    {
        block = new LayerChain(
            new DacResidualUnit(width, 1),
            new DacResidualUnit(width, 3),
            new DacResidualUnit(width, 9),
            new Snake1d(width),
            new DacConv1d(width, 2 * width, 2 * stride, stride, padding: (stride + 1) / 2));
        RegisterComponents();
    }

    /// <inheritdoc/>
    protected override LayerChain Chain => block;
}
