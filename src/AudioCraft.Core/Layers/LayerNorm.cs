using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Layers;

/// <summary>Layer normalization over the last dimension ("Layer Normalization", Ba et al. 2016), with PyTorch's parameter names.</summary>
internal sealed class LayerNorm : Module<Tensor, Tensor>
{
    /// <summary>Added to the variance; PyTorch's default.</summary>
    public const double Epsilon = 1e-5;

    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly long[] shape;

    public LayerNorm(long dim) : base(nameof(LayerNorm))
    {
        shape = [dim];
        weight = ParameterFactory.Constant(1, dim);
        bias = ParameterFactory.Constant(0, dim);
        RegisterComponents();
    }

    /// <summary>Scale [dim].</summary>
    public Tensor Weight => weight;

    /// <summary>Shift [dim].</summary>
    public Tensor Bias => bias;

    /// <summary>[…, dim] → […, dim].</summary>
    public override Tensor forward(Tensor input) =>
        functional.layer_norm(MixedPrecision.Current is null ? input : input.to(weight.dtype), shape, weight, bias, Epsilon);
}
