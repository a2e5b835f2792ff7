using AudioCraft.Codecs;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>
/// MelGAN's multi-scale discriminator (Kumar et al. 2019; audiocraft/adversarial/discriminators/msd.py): a <see cref="ScaleDiscriminator"/> for the sound,
/// one for the sound averaged down, one for that averaged down again, and so on.
/// Upstream computes the averages and drops them, so that all its scales see the same sound: <c>upstreamScales</c> does that.
/// </summary>
public sealed class MultiScaleDiscriminator : MultiDiscriminator
{
    private readonly int downsampleFactor;
    private readonly bool upstreamScales;

    /// <summary>Makes the discriminators. What is not said otherwise is handed on to each.</summary>
    /// <param name="inChannels">Channels of the sound.</param>
    /// <param name="outChannels">Channels of the logits.</param>
    /// <param name="downsampleFactor">How much slower each next scale is sampled.</param>
    /// <param name="scaleNorms">Normalisation of each scale; without it weight normalisation, three times.</param>
    /// <param name="kernelSizes">Two odd sizes, of which the first convolution has the product, the last but one the first and the last the second; without it 5 and 3.</param>
    /// <param name="filters">Channels of the first convolution.</param>
    /// <param name="maxFilters">Most channels.</param>
    /// <param name="downsampleScales">By how much each inner convolution makes the sound shorter and the channels more; without it 4, four times.</param>
    /// <param name="innerKernelSizes">Sizes of the kernels of the inner convolutions; without it ten times the scale, plus one.</param>
    /// <param name="groups">Groups of the inner convolutions; without it one for every four channels.</param>
    /// <param name="strides">Steps of the inner convolutions; without it the scales.</param>
    /// <param name="paddings">Padding of the inner convolutions; without it that for ten times the scale, plus one.</param>
    /// <param name="activation">After each convolution but the last; without it a LeakyReLU with slope 0.2.</param>
    /// <param name="pad">How the sound is padded for the first convolution.</param>
    /// <param name="padValue">The constant, if it is padded with one.</param>
    /// <param name="upstreamScales">Whether all scales see the sound at its full rate, as upstream's do.</param>
    /// <exception cref="ArgumentException">A value is out of range, or a list has not one entry for each scale.</exception>
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
