using AudioCraft.Kernels;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioCraft.Layers;

/// <summary>Makes float32 parameters on the CPU, filled as PyTorch fills them unless <see cref="DeferredInitialization"/> is active.</summary>
internal static class ParameterFactory
{
    /// <summary>Uniform in ±1/√<paramref name="fanIn"/>: what PyTorch gives the weights and biases of linear, convolution and LSTM layers.</summary>
    public static Parameter FanIn(long fanIn, params long[] shape)
    {
        var bound = 1.0 / Math.Sqrt(fanIn);
        return Make(shape, t => t.uniform_(-bound, bound));
    }

    /// <summary>Standard normal: what PyTorch gives embeddings.</summary>
    public static Parameter Normal(params long[] shape) => Make(shape, t => t.normal_(0, 1));

    /// <summary>One value everywhere: norm scales and shifts.</summary>
    public static Parameter Constant(double value, params long[] shape) => Make(shape, t => t.fill_(value));

    private static Parameter Make(long[] shape, Func<Tensor, Tensor> fill)
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
