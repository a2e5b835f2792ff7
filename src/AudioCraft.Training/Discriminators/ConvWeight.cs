using AudioCraft.Codecs;
using AudioCraft.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>The weight and bias of a convolution over one or more dimensions, parametrized for a normalization.</summary>
internal abstract class ConvWeight : Module
{
    private protected readonly Parameter bias;

    /// <param name="name">Name of the module.</param>
    /// <param name="shape">[out, in / groups, k, …].</param>
    protected ConvWeight(string name, long[] shape) : base(name) => bias = ParameterFactory.FanIn(FanIn(shape), shape[0]);

    /// <summary>[out].</summary>
    public Tensor Bias => bias;

    /// <summary>The weight of the convolution, with gradient. The caller disposes it.</summary>
    public abstract Tensor Weight();

    /// <summary>Creates the weight for a normalization, initialized as in PyTorch.</summary>
    public static ConvWeight Make(DiscriminatorNorm norm, long[] shape) => norm switch
    {
        DiscriminatorNorm.WeightNorm => new WeightNormWeight(shape),
        DiscriminatorNorm.SpectralNorm => new SpectralNormWeight(shape),
        DiscriminatorNorm.None or DiscriminatorNorm.TimeGroupNorm => new PlainWeight(shape),
        _ => throw new ArgumentOutOfRangeException(nameof(norm), norm, "Not a normalization."),
    };

    private protected static Parameter Filled(long[] shape) => ParameterFactory.FanIn(FanIn(shape), shape);

    private static long FanIn(long[] shape) => shape.Skip(1).Aggregate(1L, (product, size) => checked(product * size));
}
