using AudioCraft.Codecs;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// EnCodec's multi-scale STFT discriminator (Défossez et al. 2022, section 3.4; audiocraft/adversarial/discriminators/msstftd.py):
/// an <see cref="STFTDiscriminator"/> for each of several resolutions.
/// </summary>
public sealed class MultiScaleSTFTDiscriminator : MultiDiscriminator
{
    private readonly bool separate;

    /// <summary>Makes the discriminators. What is not said otherwise is handed on to each.</summary>
    /// <param name="filters">Channels of the first convolution.</param>
    /// <param name="inChannels">Channels of the sound.</param>
    /// <param name="outChannels">Channels of the logits.</param>
    /// <param name="sepChannels">
    /// Whether each channel of a sound is looked at as a sound of its own; then <paramref name="inChannels"/> is 1. With more channels it changes nothing,
    /// as upstream, where it never does.
    /// </param>
    /// <param name="nFfts">Samples of the Fourier transforms; without it 1024, 2048, 512.</param>
    /// <param name="hopLengths">Samples from one frame to the next; without it 256, 512, 128.</param>
    /// <param name="winLengths">Samples of the Hann windows; without it 1024, 2048, 512.</param>
    /// <param name="maxFilters">Most channels.</param>
    /// <param name="filtersScale">Growth of the channels from layer to layer. Upstream cannot run with any but 1.</param>
    /// <param name="kernelSize">Kernel over time and frequency; without it 3 and 9.</param>
    /// <param name="dilations">Distance of the taps in time, one entry for each inner convolution; without it 1, 2, 4.</param>
    /// <param name="stride">Step of the inner convolutions in time and frequency; without it 1 and 2.</param>
    /// <param name="normalized">Whether the spectrum is divided by √Σw².</param>
    /// <param name="norm">Normalisation of all convolutions but the first.</param>
    /// <param name="activation">After each convolution but the last; without it a LeakyReLU with slope 0.2.</param>
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
