
namespace AudioCraft.Training;

/// <summary>HiFi-GAN's multi-period discriminator (Kong et al. 2020; audiocraft/adversarial/discriminators/mpd.py): a <see cref="PeriodDiscriminator"/> for each of several periods.</summary>
public sealed class MultiPeriodDiscriminator : MultiDiscriminator
{
    /// <summary>Creates the discriminators; all parameters except the periods are passed to each.</summary>
    /// <param name="inChannels">Channels of the audio.</param>
    /// <param name="outChannels">Channels of the logits.</param>
    /// <param name="periods">Period of each in samples; null for 2, 3, 5, 7 and 11.</param>
    /// <param name="nLayers">Convolutions before the last; all but one have the stride.</param>
    /// <param name="kernelSizes">Sizes of the kernels of the inner and of the last convolution, odd; null for 5 and 3.</param>
    /// <param name="stride">Stride of the convolutions.</param>
    /// <param name="filters">Channels grow from this times the scale.</param>
    /// <param name="filtersScale">Growth of the channels from layer to layer.</param>
    /// <param name="maxFilters">Maximum number of channels.</param>
    /// <param name="norm">Normalization of the convolutions.</param>
    /// <param name="activation">After each convolution but the last; null for a LeakyReLU with slope 0.2.</param>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public MultiPeriodDiscriminator(
        int inChannels = 1, int outChannels = 1, IReadOnlyList<int>? periods = null, int nLayers = 5, IReadOnlyList<int>? kernelSizes = null, int stride = 3,
        int filters = 8, int filtersScale = 4, int maxFilters = 1024, DiscriminatorNorm norm = DiscriminatorNorm.WeightNorm,
        ActivationConfig? activation = null)
        : base(nameof(MultiPeriodDiscriminator), inChannels, (periods ?? [2, 3, 5, 7, 11]).Select(period => new PeriodDiscriminator(
            period, inChannels, outChannels, nLayers, kernelSizes, stride, filters, filtersScale, maxFilters, norm, activation))) => RegisterComponents();
}
