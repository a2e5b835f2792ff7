using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// EnCodec's multi-scale STFT discriminator (Défossez et al. 2022, section 3.4; audiocraft/adversarial/discriminators/msstftd.py):
/// an <see cref="STFTDiscriminator"/> for each of several resolutions.
/// </summary>
public sealed class MultiScaleSTFTDiscriminator : MultiDiscriminator
{
    private readonly bool separate;

    /// <summary>Creates the discriminators; parameters that are not lists are passed to each.</summary>
    /// <param name="filters">Channels of the first convolution.</param>
    /// <param name="inChannels">Channels of the audio.</param>
    /// <param name="outChannels">Channels of the logits.</param>
    /// <param name="sepChannels">
    /// Whether each channel is processed separately; <paramref name="inChannels"/> is then 1. With more channels it has no effect,
    /// as upstream, where it never has one.
    /// </param>
    /// <param name="nFfts">Samples of the Fourier transforms; null for 1024, 2048, 512.</param>
    /// <param name="hopLengths">Hop between frames in samples; null for 256, 512, 128.</param>
    /// <param name="winLengths">Samples of the Hann windows; null for 1024, 2048, 512.</param>
    /// <param name="maxFilters">Maximum number of channels.</param>
    /// <param name="filtersScale">Growth of the channels from layer to layer. Upstream cannot run with any but 1.</param>
    /// <param name="kernelSize">Kernel over time and frequency; null for 3 and 9.</param>
    /// <param name="dilations">Distance of the taps in time, one entry for each inner convolution; null for 1, 2, 4.</param>
    /// <param name="stride">Stride of the inner convolutions in time and frequency; null for 1 and 2.</param>
    /// <param name="normalized">Whether the spectrum is divided by √Σw².</param>
    /// <param name="norm">Normalization of all convolutions but the first.</param>
    /// <param name="activation">After each convolution but the last; null for a LeakyReLU with slope 0.2.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the lists differ in length.</exception>
    public MultiScaleSTFTDiscriminator(
        int filters, int inChannels = 1, int outChannels = 1, bool sepChannels = false, IReadOnlyList<int>? nFfts = null, IReadOnlyList<int>? hopLengths = null,
        IReadOnlyList<int>? winLengths = null, int maxFilters = 1024, int filtersScale = 1, (int Time, int Frequency)? kernelSize = null,
        IReadOnlyList<int>? dilations = null, (int Time, int Frequency)? stride = null, bool normalized = true,
        DiscriminatorNorm norm = DiscriminatorNorm.WeightNorm, ActivationConfig? activation = null)
        : base(
            nameof(MultiScaleSTFTDiscriminator), sepChannels && inChannels == 1 ? 0 : inChannels,
            Resolutions(nFfts ?? [1024, 2048, 512], hopLengths ?? [256, 512, 128], winLengths ?? [1024, 2048, 512]).Select(size => new STFTDiscriminator(
                filters, inChannels, outChannels, size.Transform, size.Hop, size.Window, maxFilters, filtersScale, kernelSize, dilations, stride, normalized,
                norm, activation)))
    {
        separate = sepChannels && inChannels == 1;
        RegisterComponents();
    }

    /// <inheritdoc/>
    private protected override Tensor Prepare(Tensor input) => separate ? input.reshape(-1, 1, input.size(2)) : input;

    private static List<(int Transform, int Hop, int Window)> Resolutions(IReadOnlyList<int> nFfts, IReadOnlyList<int> hopLengths, IReadOnlyList<int> winLengths) =>
        nFfts.Count == hopLengths.Count && nFfts.Count == winLengths.Count
            ? nFfts.Select((size, i) => (size, hopLengths[i], winLengths[i])).ToList()
            : throw new ArgumentException(
                $"{nFfts.Count} transforms, {hopLengths.Count} hops and {winLengths.Count} windows: as many of each were expected.", nameof(nFfts));
}
