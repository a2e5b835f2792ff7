namespace AudioCraft.Codecs;

/// <summary>SEANet encoder: audio [B, channels, T] to a latent sequence [B, dimension, ⌈T / hop⌉]. The indices of <c>model</c> are upstream's.</summary>
internal sealed class SEANetEncoder : ChainLayer
{
    private readonly LayerChain model;

    /// <param name="config">A valid configuration.</param>
    /// <param name="training">Whether weight normalization keeps its own parameters.</param>
    public SEANetEncoder(SEANetConfig config, bool training = false) : base(nameof(SEANetEncoder))
    {
        model = new LayerChain(CreateLayers(config, training));
        RegisterComponents();
    }

    /// <inheritdoc/>
    protected override LayerChain Chain => model;

    private static CodecLayer[] CreateLayers(SEANetConfig config, bool training)
    {
        var options = config.ConvOptions(training);
        ConvOptions ForBlock(int number) => config.DisableNormOuterBlocks >= number ? options.WithoutNorm() : options;

        var width = config.Filters;
        var layers = new List<CodecLayer> { new StreamableConv1d(config.Channels, width, config.KernelSize, ForBlock(1)) };
        foreach (var (index, ratio) in config.Ratios.Reverse().Index())
        {
            var blockOptions = ForBlock(index + 2);
            var dilation = 1;
            for (var j = 0; j < config.ResidualLayers; j++, dilation *= config.DilationBase)
            {
                layers.Add(new SEANetResnetBlock(width, dilation, config, blockOptions));
            }

            layers.Add(new Activation(config.Activation));
            layers.Add(new StreamableConv1d(width, 2 * width, 2 * ratio, blockOptions, stride: ratio));
            width *= 2;
        }

        if (config.LstmLayers > 0)
        {
            layers.Add(new StreamableLSTM(width, config.LstmLayers));
        }

        layers.Add(new Activation(config.Activation));
        layers.Add(new StreamableConv1d(width, config.Dimension, config.LastKernelSize, ForBlock(config.BlockCount)));
        return [.. layers];
    }
}
