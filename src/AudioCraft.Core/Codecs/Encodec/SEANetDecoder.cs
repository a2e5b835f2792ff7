namespace AudioCraft.Codecs;

/// <summary>SEANet decoder: a latent sequence [B, dimension, F] to audio [B, channels, F·hop]. The indices of <c>model</c> are upstream's.</summary>
internal sealed class SEANetDecoder : ChainLayer
{
    private readonly LayerChain model;

    /// <param name="config">A valid configuration.</param>
    /// <param name="training">Whether weight normalization keeps its own parameters.</param>
    public SEANetDecoder(SEANetConfig config, bool training = false) : base(nameof(SEANetDecoder))
    {
        model = new LayerChain(CreateLayers(config, training));
        RegisterComponents();
    }

    /// <inheritdoc/>
    protected override LayerChain Chain => model;

    private static CodecLayer[] CreateLayers(SEANetConfig config, bool training)
    {
        var options = config.ConvOptions(training);
        ConvOptions ForBlock(int numberFromEnd) => config.DisableNormOuterBlocks >= numberFromEnd ? options.WithoutNorm() : options;

        var width = config.InnerChannels;
        var layers = new List<CodecLayer> { new StreamableConv1d(config.Dimension, width, config.KernelSize, ForBlock(config.BlockCount)) };
        if (config.LstmLayers > 0)
        {
            layers.Add(new StreamableLSTM(width, config.LstmLayers));
        }

        foreach (var (index, ratio) in config.Ratios.Index())
        {
            var blockOptions = ForBlock(config.BlockCount - (index + 1));
            layers.Add(new Activation(config.Activation));
            layers.Add(new StreamableConvTranspose1d(width, width / 2, 2 * ratio, ratio, blockOptions, config.TrimRightRatio));
            width /= 2;
            var dilation = 1;
            for (var j = 0; j < config.ResidualLayers; j++, dilation *= config.DilationBase)
            {
                layers.Add(new SEANetResnetBlock(width, dilation, config, blockOptions));
            }
        }

        layers.Add(new Activation(config.Activation));
        layers.Add(new StreamableConv1d(width, config.Channels, config.LastKernelSize, ForBlock(1)));
        if (config.FinalActivation is not null)
        {
            layers.Add(new Activation(config.FinalActivation));
        }

        return [.. layers];
    }
}
