using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>
/// HiFi-GAN's period discriminator (Kong et al. 2020; audiocraft/adversarial/discriminators/mpd.py): the audio is folded into rows of one period,
/// and convolutions run along the columns. The logits are the last feature map.
/// </summary>
public sealed class PeriodDiscriminator : SubDiscriminator
{
    private readonly int period;
    private readonly ActivationConfig activation;
    private readonly ModuleList<DiscriminatorConv> convs;
    private readonly DiscriminatorConv conv_post;
    private readonly long rows;

    /// <summary>Creates the layers.</summary>
    /// <param name="period">Period in samples.</param>
    /// <param name="inChannels">Channels of the audio.</param>
    /// <param name="outChannels">Channels of the logits.</param>
    /// <param name="nLayers">Convolutions before the last; all but one have the stride.</param>
    /// <param name="kernelSizes">Sizes of the kernels of the inner and of the last convolution, odd; null for 5 and 3.</param>
    /// <param name="stride">Stride of the convolutions.</param>
    /// <param name="filters">Channels grow from this times the scale.</param>
    /// <param name="filtersScale">Growth of the channels from layer to layer.</param>
    /// <param name="maxFilters">Maximum number of channels.</param>
    /// <param name="norm">Normalization of the convolutions.</param>
    /// <param name="activation">After each convolution but the last; null for a LeakyReLU with slope 0.2.</param>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public PeriodDiscriminator(
        int period, int inChannels = 1, int outChannels = 1, int nLayers = 5, IReadOnlyList<int>? kernelSizes = null, int stride = 3, int filters = 8,
        int filtersScale = 4, int maxFilters = 1024, DiscriminatorNorm norm = DiscriminatorNorm.WeightNorm, ActivationConfig? activation = null)
        : base(nameof(PeriodDiscriminator))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(period, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(nLayers, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(filters, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(filtersScale, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxFilters, 1);
        kernelSizes ??= [5, 3];
        if (kernelSizes.Count < 2)
        {
            throw new ArgumentException($"{kernelSizes.Count} kernel sizes: those of the inner and of the last convolution were expected.", nameof(kernelSizes));
        }

        this.period = period;
        this.activation = activation ?? DefaultActivation;
        this.activation.Validate();
        long inner = kernelSizes[0], last = kernelSizes[1], inputs = inChannels;
        var layers = new List<DiscriminatorConv>();
        for (var i = 0; i < nLayers; i++)
        {
            var outputs = Growth.Limited(filters, filtersScale, i + 1, maxFilters);
            layers.Add(new DiscriminatorConv(inputs, outputs, [inner, 1], norm, [i == nLayers - 1 ? 1 : stride, 1], [(inner - 1) / 2, 0]));
            inputs = outputs;
        }

        convs = new ModuleList<DiscriminatorConv>(layers.ToArray());
        conv_post = new DiscriminatorConv(inputs, outChannels, [last, 1], norm, padding: [(last - 1) / 2, 0]);
        rows = FewestRows(nLayers, inner, stride, last);
        RegisterComponents();
    }

    /// <summary>Enough rows for every convolution; padding by reflection needs one sample more than it adds.</summary>
    public override long MinSamples => Math.Max(((rows - 1) * period) + 1, (period / 2) + 1);

    /// <summary>[B, C, T] → logits [B, out, rows, period], and the output of every layer.</summary>
    /// <param name="input">The audio.</param>
    /// <exception cref="ArgumentException">The audio has another shape or is too short.</exception>
    public override (Tensor Logits, IReadOnlyList<Tensor> FeatureMaps) forward(Tensor input)
    {
        AudioShape.Check(input, nameof(input), MinSamples);
        using var scope = NewDisposeScope();
        var length = input.size(2);
        var missing = (period - (length % period)) % period;
        var whole = missing == 0 ? input : functional.pad(input, (0, missing), PaddingModes.Reflect);
        var folded = whole.reshape(input.size(0), input.size(1), (length + missing) / period, period);
        return Run(folded, convs, activation, conv_post, logitsAreFeatures: true);
    }

    // With an even kernel, padding is less than half of it, and the number of rows decreases.
    private static long FewestRows(int layers, long inner, long stride, long last)
    {
        for (var rows = 1L; ; rows++)
        {
            var left = rows;
            for (var i = 0; i < layers && left > 0; i++)
            {
                left = LengthAfter(left, inner, i == layers - 1 ? 1 : stride, (inner - 1) / 2);
            }

            if (left > 0 && LengthAfter(left, last, 1, (last - 1) / 2) > 0)
            {
                return rows;
            }
        }
    }
}
