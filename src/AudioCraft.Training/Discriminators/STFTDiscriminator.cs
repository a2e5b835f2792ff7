using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>
/// EnCodec's STFT discriminator (Défossez et al. 2022, section 3.4; audiocraft/adversarial/discriminators/msstftd.py): convolutions over time and
/// frequency, dilated in time. The first has no normalization, as upstream's. The logits are not among the feature maps.
/// </summary>
public sealed class STFTDiscriminator : SubDiscriminator
{
    private readonly int inChannels;
    private readonly ComplexSpectrogram spec_transform;
    private readonly ActivationConfig activation;
    private readonly ModuleList<DiscriminatorConv> convs;
    private readonly DiscriminatorConv conv_post;

    /// <summary>Creates the layers.</summary>
    /// <param name="filters">Channels of the first convolution.</param>
    /// <param name="inChannels">Channels of the audio.</param>
    /// <param name="outChannels">Channels of the logits.</param>
    /// <param name="nFft">Samples of a Fourier transform.</param>
    /// <param name="hopLength">Hop between frames in samples.</param>
    /// <param name="winLength">Samples of the Hann window.</param>
    /// <param name="maxFilters">Maximum number of channels.</param>
    /// <param name="filtersScale">Growth of the channels from layer to layer. Upstream cannot run with any but 1.</param>
    /// <param name="kernelSize">Kernel over time and frequency.</param>
    /// <param name="dilations">Distance of the taps in time, one entry for each inner convolution; null for 1, 2, 4.</param>
    /// <param name="stride">Stride of the inner convolutions in time and frequency; null for 1 and 2.</param>
    /// <param name="normalized">Whether the spectrum is divided by √Σw².</param>
    /// <param name="norm">Normalization of all convolutions but the first.</param>
    /// <param name="activation">After each convolution but the last; null for a LeakyReLU with slope 0.2.</param>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public STFTDiscriminator(
        int filters, int inChannels = 1, int outChannels = 1, int nFft = 1024, int hopLength = 256, int winLength = 1024, int maxFilters = 1024,
        int filtersScale = 1, (int Time, int Frequency)? kernelSize = null, IReadOnlyList<int>? dilations = null, (int Time, int Frequency)? stride = null,
        bool normalized = true, DiscriminatorNorm norm = DiscriminatorNorm.WeightNorm, ActivationConfig? activation = null) : base(nameof(STFTDiscriminator))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(filters, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(filtersScale, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxFilters, 1);
        this.inChannels = inChannels;
        this.activation = activation ?? DefaultActivation;
        this.activation.Validate();
        spec_transform = new ComplexSpectrogram(nFft, hopLength, winLength, normalized);
        var (time, frequency) = kernelSize ?? (3, 9);
        var (timeStep, frequencyStep) = stride ?? (1, 2);
        var layers = new List<DiscriminatorConv>
        {
            new(2L * inChannels, filters, [time, frequency], DiscriminatorNorm.None, padding: [(time - 1) / 2, (frequency - 1) / 2]),
        };
        long channels = filters;
        dilations ??= [1, 2, 4];
        for (var i = 0; i < dilations.Count; i++)
        {
            var outputs = Growth.Limited(filters, filtersScale, i + 1, maxFilters);
            long spread = dilations[i];
            layers.Add(new DiscriminatorConv(
                channels, outputs, [time, frequency], norm, [timeStep, frequencyStep], [(time - 1) * spread / 2, (frequency - 1) / 2], [spread, 1]));
            channels = outputs;
        }

        var most = Growth.Limited(filters, filtersScale, dilations.Count + 1, maxFilters);
        layers.Add(new DiscriminatorConv(channels, most, [time, time], norm, padding: [(time - 1) / 2, (time - 1) / 2]));
        convs = new ModuleList<DiscriminatorConv>(layers.ToArray());
        conv_post = new DiscriminatorConv(most, outChannels, [time, time], norm, padding: [(time - 1) / 2, (time - 1) / 2]);
        RegisterComponents();
    }

    /// <summary>One transform.</summary>
    public override long MinSamples => spec_transform.Size;

    /// <summary>[B, C, T] → logits [B, out, frames, frequencies], and the output of every layer but the last.</summary>
    /// <param name="input">The audio.</param>
    /// <exception cref="ArgumentException">The audio has another shape or is too short.</exception>
    public override (Tensor Logits, IReadOnlyList<Tensor> FeatureMaps) forward(Tensor input)
    {
        AudioShape.Check(input, nameof(input), MinSamples, inChannels);
        using var scope = NewDisposeScope();
        return Run(spec_transform.forward(input), convs, activation, conv_post, logitsAreFeatures: false);
    }
}
