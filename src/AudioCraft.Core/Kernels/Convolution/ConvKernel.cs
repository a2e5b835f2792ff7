using AudioCraft.Codecs;
using AudioCraft.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Kernels;

/// <summary>
/// The weight and bias of a convolution. In the form for inference it has <c>weight</c>; in the form for training with weight normalisation
/// it has <c>weight_g</c> and <c>weight_v</c>, as PyTorch's <c>weight_norm</c> names them.
/// </summary>
internal sealed class ConvKernel : Module
{
    private readonly Parameter? weight;
    private readonly Parameter? weight_g;
    private readonly Parameter? weight_v;
    private readonly Parameter bias;

    /// <param name="shape">[out, in, k], for a transposed convolution [in, out, k].</param>
    /// <param name="outputs">Channels out, one bias each.</param>
    /// <param name="weightNorm">Whether length and direction are parameters of their own.</param>
    public ConvKernel(long[] shape, long outputs, bool weightNorm) : base(nameof(ConvKernel))
    {
        // PyTorch counts the second dimension times the kernel as the fan-in, for transposed convolutions too.
        var fanIn = checked(shape[1] * shape[2]);
        if (weightNorm)
        {
            weight_v = ParameterFactory.FanIn(fanIn, shape);
            weight_g = ParameterFactory.Constant(1, shape[0], 1, 1);
            if (!DeferredInitialization.IsActive)
            {
                using var guard = no_grad();
                using var length = WeightNorm.Length(weight_v);
                weight_g.copy_(length);
            }
        }
        else
        {
            weight = ParameterFactory.FanIn(fanIn, shape);
        }

        bias = ParameterFactory.FanIn(fanIn, outputs);
        RegisterComponents();
    }

    /// <summary>[out].</summary>
    public Tensor Bias => bias;

    /// <summary>The weight to convolve with. The caller disposes what it gets.</summary>
    public Tensor Weight() => weight is null ? WeightNorm.Fold(weight_g!, weight_v!) : weight.alias();
}
