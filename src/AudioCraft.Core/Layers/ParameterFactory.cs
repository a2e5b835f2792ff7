using AudioCraft.Kernels;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioCraft.Layers;

/// <summary>Creates float32 parameters on the CPU, initialized like PyTorch's unless <see cref="DeferredInitialization"/> is active.</summary>
internal static class ParameterFactory
{
    /// <summary>Uniform in ±1/√<paramref name="fanIn"/>: PyTorch's initialization of the weights and biases of linear, convolution and LSTM layers.</summary>
    public static Parameter FanIn(long fanIn, params long[] shape)
    {
        var bound = 1.0 / Math.Sqrt(fanIn);
        return Create(shape, t => t.uniform_(-bound, bound));
    }

    /// <summary>Standard normal: PyTorch's initialization of embeddings.</summary>
    public static Parameter Normal(params long[] shape) => Normal(1.0, shape);

    /// <summary>Normal with mean 0 and a standard deviation.</summary>
    public static Parameter Normal(double deviation, long[] shape) => Create(shape, t => t.normal_(0, deviation));

    /// <summary>A constant, for the scales and shifts of norms.</summary>
    public static Parameter Constant(double value, params long[] shape) => Create(shape, t =>
    {
        using Scalar number = value;
        return t.fill_(number);
    });

    private static Parameter Create(long[] shape, Func<Tensor, Tensor> fill)
    {
        using var guard = no_grad();
        var data = empty(shape, dtype: ScalarType.Float32);
        HugePages.Advise(data);
        if (!DeferredInitialization.IsActive)
        {
            fill(data);
        }

        // A Parameter shares the storage; it must outlive any dispose scope the module is built in.
        var parameter = new Parameter(data);
        parameter.DetachFromDisposeScope();
        return parameter;
    }
}
