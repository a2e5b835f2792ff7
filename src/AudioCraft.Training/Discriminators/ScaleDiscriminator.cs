using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>
/// MelGAN's discriminator of the waveform (Kumar et al. 2019; audiocraft/adversarial/discriminators/msd.py): a wide convolution, grouped convolutions that downsample
/// the signal, and two more. The logits are the last feature map.
/// </summary>
public sealed class ScaleDiscriminator : SubDiscriminator
{
    private readonly ActivationConfig activation;
    private readonly ModuleList<Module<Tensor, Tensor>> convs;
    private readonly DiscriminatorConv conv_post;
    private readonly long minSamples;

    /// <summary>Creates the layers.</summary>
    /// <param name="inChannels">Channels of the audio.</param>
    /// <param name="outChannels">Channels of the logits.</param>
    /// <param name="kernelSizes">Two odd sizes, of which the first convolution has the product, the last but one the first and the last the second; null for 5 and 3.</param>
    /// <param name="filters">Channels of the first convolution.</param>
    /// <param name="maxFilters">Maximum number of channels.</param>
    /// <param name="downsampleScales">Downsampling factors of the inner convolutions, by which channels grow; null for 4, four times.</param>
    /// <param name="innerKernelSizes">Sizes of the kernels of the inner convolutions; null for ten times the scale, plus one.</param>
    /// <param name="groups">Groups of the inner convolutions; null for one for every four channels.</param>
    /// <param name="strides">Strides of the inner convolutions; null for the scales.</param>
    /// <param name="paddings">Padding of the inner convolutions; null for that for ten times the scale, plus one.</param>
    /// <param name="norm">Normalization of the convolutions.</param>
    /// <param name="activation">After each convolution but the last; null for a LeakyReLU with slope 0.2.</param>
    /// <param name="pad">Padding mode of the first convolution.</param>
    /// <param name="padValue">Value of constant padding.</param>
    /// <exception cref="ArgumentException">A value is out of range, or a list does not have one entry per scale.</exception>
    public ScaleDiscriminator(
        int inChannels = 1, int outChannels = 1, IReadOnlyList<int>? kernelSizes = null, int filters = 16, int maxFilters = 1024,
        IReadOnlyList<int>? downsampleScales = null, IReadOnlyList<int>? innerKernelSizes = null, IReadOnlyList<int>? groups = null,
        IReadOnlyList<int>? strides = null, IReadOnlyList<int>? paddings = null, DiscriminatorNorm norm = DiscriminatorNorm.WeightNorm,
        ActivationConfig? activation = null, PaddingModes pad = PaddingModes.Reflect, double padValue = 0) : base(nameof(ScaleDiscriminator))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(filters, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxFilters, 1);
        kernelSizes ??= [5, 3];
        downsampleScales ??= [4, 4, 4, 4];
        if (kernelSizes.Count != 2 || kernelSizes.Any(size => size < 1 || size % 2 == 0))
        {
            throw new ArgumentException($"The kernel sizes are {string.Join(", ", kernelSizes)}; two odd numbers were expected.", nameof(kernelSizes));
        }

        foreach (var (name, list) in new[] { (nameof(innerKernelSizes), innerKernelSizes), (nameof(groups), groups), (nameof(strides), strides), (nameof(paddings), paddings) })
        {
            if (list is not null && list.Count != downsampleScales.Count)
            {
                throw new ArgumentException($"{name} has {list.Count} entries; one for each of the {downsampleScales.Count} scales was expected.", name);
            }
        }

        this.activation = activation ?? DefaultActivation;
        this.activation.Validate();
        long wide = checked(kernelSizes[0] * kernelSizes[1]), channels = filters;
        var margin = (wide - 1) / 2;
        var layers = new List<Module<Tensor, Tensor>>
        {
            Sequential(new Padding1d(margin, pad, padValue), new DiscriminatorConv(inChannels, filters, [wide], norm)),
        };
        var shapes = new List<(long Kernel, long Stride, long Padding)>();
        for (var i = 0; i < downsampleScales.Count; i++)
        {
            var scale = downsampleScales[i];
            ArgumentOutOfRangeException.ThrowIfLessThan(scale, 1, nameof(downsampleScales));
            var outputs = Growth.Limited(channels, scale, 1, maxFilters);
            long kernel = innerKernelSizes?[i] ?? (scale * 10) + 1, step = strides?[i] ?? scale, padding = paddings?[i] ?? scale * 5;
            layers.Add(new DiscriminatorConv(channels, outputs, [kernel], norm, [step], [padding], groups: groups?[i] ?? Math.Max(1, channels / 4)));
            shapes.Add((kernel, step, padding));
            channels = outputs;
        }

        var most = Growth.Limited(channels, 2, 1, maxFilters);
        layers.Add(new DiscriminatorConv(channels, most, [kernelSizes[0]], norm, padding: [(kernelSizes[0] - 1) / 2]));
        convs = new ModuleList<Module<Tensor, Tensor>>(layers.ToArray());
        conv_post = new DiscriminatorConv(most, outChannels, [kernelSizes[1]], norm, padding: [(kernelSizes[1] - 1) / 2]);
        minSamples = Math.Max(pad == PaddingModes.Reflect ? margin + 1 : 1, Fewest(shapes));
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override long MinSamples => minSamples;

    /// <summary>[B, C, T] → logits [B, out, frames], and the output of every layer.</summary>
    /// <param name="input">The audio.</param>
    /// <exception cref="ArgumentException">The audio has another shape or is too short.</exception>
    public override (Tensor Logits, IReadOnlyList<Tensor> FeatureMaps) forward(Tensor input)
    {
        AudioShape.Check(input, nameof(input), MinSamples);
        using var scope = NewDisposeScope();
        return Run(input, convs, activation, conv_post, logitsAreFeatures: true);
    }

    // From the end: a convolution that gives n frames needs (n − 1) steps and a kernel, minus the padding. The others keep the length.
    private static long Fewest(List<(long Kernel, long Stride, long Padding)> shapes) =>
        shapes.AsEnumerable().Reverse().Aggregate(1L, (frames, shape) => Math.Max(1, ((frames - 1) * shape.Stride) + shape.Kernel - (2 * shape.Padding)));
}
