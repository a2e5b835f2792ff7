using AudioCraft.Codecs;

namespace AudioCraft;

/// <summary>
/// Shape of the convolutional encoder or decoder of EnCodec (SEANet; Défossez et al. 2022, section 3.1; audiocraft/modules/seanet.py).
/// Encoder and decoder of a model usually share one. The defaults are upstream's.
/// </summary>
public sealed record SEANetConfig
{
    /// <summary>Audio channels, 1 to 64.</summary>
    public int Channels { get; init; } = 1;

    /// <summary>Size of a frame of the latent sequence.</summary>
    public int Dimension { get; init; } = 128;

    /// <summary>Channels of the outermost blocks; each stage inwards doubles them.</summary>
    public int Filters { get; init; } = 32;

    /// <summary>Residual blocks a stage.</summary>
    public int ResidualLayers { get; init; } = 3;

    /// <summary>Upsampling factors in the decoder's order; the encoder takes them reversed. Their product is the hop length.</summary>
    public IReadOnlyList<int> Ratios { get; init; } = [8, 5, 4, 2];

    /// <summary>The function between convolutions.</summary>
    public ActivationConfig Activation { get; init; } = ActivationConfig.Elu;

    /// <summary>A function after the decoder's last convolution, or null.</summary>
    public ActivationConfig? FinalActivation { get; init; }

    /// <summary>Normalization of the convolutions.</summary>
    public ConvNorm Norm { get; init; } = ConvNorm.None;

    /// <summary>Added to the variance by <see cref="ConvNorm.TimeGroupNorm"/>.</summary>
    public double NormEpsilon { get; init; } = 1e-5;

    /// <summary>Kernel of the first convolution.</summary>
    public int KernelSize { get; init; } = 7;

    /// <summary>Kernel of the last convolution.</summary>
    public int LastKernelSize { get; init; } = 7;

    /// <summary>Kernel of the residual blocks.</summary>
    public int ResidualKernelSize { get; init; } = 3;

    /// <summary>Residual block j of a stage dilates by this to the power of j.</summary>
    public int DilationBase { get; init; } = 2;

    /// <summary>Whether no output depends on later input.</summary>
    public bool Causal { get; init; }

    /// <summary>The values outside the input of convolutions.</summary>
    public ConvPaddingMode PaddingMode { get; init; } = ConvPaddingMode.Reflect;

    /// <summary>Whether a residual block adds its input unchanged instead of through a convolution.</summary>
    public bool TrueSkip { get; init; } = true;

    /// <summary>Residual blocks narrow to their width divided by this.</summary>
    public int Compress { get; init; } = 2;

    /// <summary>LSTM layers at the inner end; 0 for none.</summary>
    public int LstmLayers { get; init; }

    /// <summary>Number of blocks without a norm, counted from the audio side.</summary>
    public int DisableNormOuterBlocks { get; init; }

    /// <summary>For a causal decoder: the share of a transposed convolution's surplus that is trimmed on the right, 0 to 1.</summary>
    public double TrimRightRatio { get; init; } = 1.0;

    /// <summary>Samples a frame.</summary>
    public int HopLength => Ratios.Aggregate(1, (a, b) => checked(a * b));

    /// <summary>First and last convolution, and one block a ratio.</summary>
    internal int BlockCount => Ratios.Count + 2;

    /// <summary>Channels at the inner end.</summary>
    internal int InnerChannels => Filters << Ratios.Count;

    /// <summary>Whether any convolution has a norm over the whole audio.</summary>
    internal bool HasTimeGroupNorm => Norm == ConvNorm.TimeGroupNorm && DisableNormOuterBlocks < BlockCount;

    internal ConvOptions ConvOptions(bool training) => new(Norm, NormEpsilon, Causal, PaddingMode, training);

    /// <exception cref="ArgumentException">A value is out of range; the message names it.</exception>
    internal void Validate()
    {
        InRange(Channels, 1, 64, nameof(Channels));
        InRange(Dimension, 1, 1 << 16, nameof(Dimension));
        InRange(Filters, 1, 1 << 14, nameof(Filters));
        InRange(ResidualLayers, 0, 32, nameof(ResidualLayers));
        InRange(Ratios.Count, 1, 16, "number of Ratios");
        foreach (var ratio in Ratios)
        {
            InRange(ratio, 1, 1024, nameof(Ratios));
        }

        InRange(Ratios.Aggregate(1.0, (a, b) => a * b), 1, 1 << 20, "product of Ratios");
        InRange(Math.ScaleB(Filters, Ratios.Count), 1, 1 << 18, "number of channels at the inner end");
        InRange(KernelSize, 1, 1024, nameof(KernelSize));
        InRange(LastKernelSize, 1, 1024, nameof(LastKernelSize));
        InRange(ResidualKernelSize, 1, 1024, nameof(ResidualKernelSize));
        InRange(DilationBase, 1, 64, nameof(DilationBase));
        InRange(Math.Pow(DilationBase, Math.Max(0, ResidualLayers - 1)), 1, 1 << 16, "largest dilation");
        InRange(Compress, 1, Filters, nameof(Compress));
        InRange(LstmLayers, 0, 32, nameof(LstmLayers));
        InRange(DisableNormOuterBlocks, 0, BlockCount, nameof(DisableNormOuterBlocks));
        InRange(TrimRightRatio, 0, 1, nameof(TrimRightRatio));
        InRange(NormEpsilon, 0, 1, nameof(NormEpsilon));
        Activation.Validate();
        FinalActivation?.Validate();
        if (Causal && Norm == ConvNorm.TimeGroupNorm)
        {
            throw new ArgumentException("A SEANet with TimeGroupNorm cannot be causal: the norm covers the whole audio.");
        }

        if (!Causal && TrimRightRatio != 1.0)
        {
            throw new ArgumentException($"TrimRightRatio is {TrimRightRatio}; values other than 1 are valid for causal decoders only.");
        }
    }

    /// <summary>The minimum number of elements of the weights of one side (without biases and norms), which a checkpoint must have before memory is allocated.</summary>
    internal long MinParameterCount()
    {
        checked
        {
            var count = (long)Channels * Filters * Math.Min(KernelSize, LastKernelSize)
                + (long)Dimension * InnerChannels * Math.Min(KernelSize, LastKernelSize)
                + 8L * InnerChannels * InnerChannels * LstmLayers;
            for (var stage = 0; stage < Ratios.Count; stage++)
            {
                long width = Filters << stage;
                count += ResidualLayers * (width / Compress) * width * (ResidualKernelSize + 1L);
                var ratio = Ratios[Ratios.Count - 1 - stage];
                count += 2 * width * width * 2 * ratio;
            }

            return count;
        }
    }

    private static void InRange(double value, double low, double high, string name)
    {
        if (!(value >= low && value <= high))
        {
            throw new ArgumentException($"SEANet: {name} is {value}; {low} to {high} was expected.");
        }
    }
}
