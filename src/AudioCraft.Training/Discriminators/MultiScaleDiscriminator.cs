using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>
/// MelGAN's multi-scale discriminator (Kumar et al. 2019; audiocraft/adversarial/discriminators/msd.py): a <see cref="ScaleDiscriminator"/> for the audio,
/// one for the downsampled audio, one for the audio downsampled twice, and so on.
/// Upstream discards the downsampled audio, so that all its scales use the same input: <c>upstreamScales</c> reproduces that.
/// </summary>
public sealed class MultiScaleDiscriminator : MultiDiscriminator
{
    private readonly int downsampleFactor;
    private readonly bool upstreamScales;

    /// <summary>Creates the discriminators; parameters that are not lists are passed to each.</summary>
    /// <param name="inChannels">Channels of the audio.</param>
    /// <param name="outChannels">Channels of the logits.</param>
    /// <param name="downsampleFactor">Downsampling factor between scales.</param>
    /// <param name="scaleNorms">Normalization of each scale; null for weight normalization, three times.</param>
    /// <param name="kernelSizes">Two odd sizes, of which the first convolution has the product, the last but one the first and the last the second; null for 5 and 3.</param>
    /// <param name="filters">Channels of the first convolution.</param>
    /// <param name="maxFilters">Maximum number of channels.</param>
    /// <param name="downsampleScales">Downsampling factors of the inner convolutions, by which channels grow; null for 4, four times.</param>
    /// <param name="innerKernelSizes">Sizes of the kernels of the inner convolutions; null for ten times the scale, plus one.</param>
    /// <param name="groups">Groups of the inner convolutions; null for one for every four channels.</param>
    /// <param name="strides">Strides of the inner convolutions; null for the scales.</param>
    /// <param name="paddings">Padding of the inner convolutions; null for that for ten times the scale, plus one.</param>
    /// <param name="activation">After each convolution but the last; null for a LeakyReLU with slope 0.2.</param>
    /// <param name="pad">Padding mode of the first convolution.</param>
    /// <param name="padValue">Value of constant padding.</param>
    /// <param name="upstreamScales">Whether all scales use the full sample rate, as in upstream.</param>
    /// <exception cref="ArgumentException">A value is out of range, or a list does not have one entry per scale.</exception>
    public MultiScaleDiscriminator(
        int inChannels = 1, int outChannels = 1, int downsampleFactor = 2, IReadOnlyList<DiscriminatorNorm>? scaleNorms = null,
        IReadOnlyList<int>? kernelSizes = null, int filters = 16, int maxFilters = 1024, IReadOnlyList<int>? downsampleScales = null,
        IReadOnlyList<int>? innerKernelSizes = null, IReadOnlyList<int>? groups = null, IReadOnlyList<int>? strides = null,
        IReadOnlyList<int>? paddings = null, ActivationConfig? activation = null, PaddingModes pad = PaddingModes.Reflect, double padValue = 0,
        bool upstreamScales = false)
        : base(
            nameof(MultiScaleDiscriminator), inChannels,
            (scaleNorms ?? [DiscriminatorNorm.WeightNorm, DiscriminatorNorm.WeightNorm, DiscriminatorNorm.WeightNorm]).Select(norm => new ScaleDiscriminator(
                inChannels, outChannels, kernelSizes, filters, maxFilters, downsampleScales, innerKernelSizes, groups, strides, paddings, norm, activation,
                pad, padValue)))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(downsampleFactor, 1);
        (this.downsampleFactor, this.upstreamScales) = (downsampleFactor, upstreamScales);
        RegisterComponents();
    }

    /// <inheritdoc/>
    /// <remarks>Each average of 2n samples, n zeros at both ends, turns T samples into ⌊T / n⌋ + 1.</remarks>
    public override long MinSamples
    {
        get
        {
            if (upstreamScales)
            {
                return base.MinSamples;
            }

            var needed = 1L;
            foreach (var part in Parts.Reverse())
            {
                needed = Math.Max(part.MinSamples, (needed - 1) * downsampleFactor);
            }

            return needed;
        }
    }

    /// <inheritdoc/>
    private protected override Tensor Next(Tensor current) => upstreamScales
        ? current
        : functional.avg_pool1d(current, downsampleFactor * 2, downsampleFactor, downsampleFactor);
}
