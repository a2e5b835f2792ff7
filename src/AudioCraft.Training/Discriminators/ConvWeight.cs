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
    protected ConvWeight(string name, long[] shape) : base(name) => bias = Uniform(shape, shape[0]);

    /// <summary>[out].</summary>
    public Tensor Bias => bias;

    /// <summary>The weight of the convolution, with gradient. The caller disposes it.</summary>
    public abstract Tensor Weight();

    /// <summary>Creates the weight for a normalization, initialized as in PyTorch.</summary>
    public static ConvWeight Create(DiscriminatorNorm norm, long[] shape) => norm switch
    {
        DiscriminatorNorm.WeightNorm => new WeightNormWeight(shape),
        DiscriminatorNorm.SpectralNorm => new SpectralNormWeight(shape),
        DiscriminatorNorm.None or DiscriminatorNorm.TimeGroupNorm => new PlainWeight(shape),
        _ => throw new ArgumentOutOfRangeException(nameof(norm), norm, "Not a normalization."),
    };

    /// <summary>A parameter with PyTorch's initial values of a convolution's weight or bias: uniform in ±1/√fan-in, where the fan-in is that of the weight.</summary>
    /// <param name="weightShape">[out, in / groups, k, …].</param>
    /// <param name="shape">Shape of the parameter.</param>
    private protected static Parameter Uniform(long[] weightShape, params long[] shape)
    {
        var fanIn = weightShape.Skip(1).Aggregate(1L, (product, size) => checked(product * size));
        var bound = 1.0 / Math.Sqrt(fanIn);
        using var guard = no_grad();
        return AsParameter(empty(shape, dtype: ScalarType.Float32).uniform_(-bound, bound));
    }

    /// <summary>A parameter with the memory of a new tensor, outside the dispose scopes of the caller.</summary>
    private protected static Parameter AsParameter(Tensor data)
    {
        var parameter = new Parameter(data);
        parameter.DetachFromDisposeScope();
        return parameter;
    }
}
