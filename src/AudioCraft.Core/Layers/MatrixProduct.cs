using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Layers;

/// <summary>Products of activations with a weight matrix.</summary>
internal static class MatrixProduct
{
    /// <summary>Up to this many rows, reading the weights is what costs, and <c>W xᵀ</c> reads them several times faster than <c>x Wᵀ</c> on a CPU (measured in benchmarks/).</summary>
    private const long FewRows = 4;

    /// <summary>[…, in] with a weight [out, in] and a bias [out] or null → […, out].</summary>
    public static Tensor Linear(Tensor input, Tensor weight, Tensor? bias)
    {
        var width = input.size(-1);
        if (input.device_type != DeviceType.CPU || input.numel() > FewRows * width || is_grad_enabled())
        {
            return functional.linear(input, weight, bias!);
        }

        using var scope = NewDisposeScope();
        var shape = input.shape;
        shape[^1] = weight.size(0);
        var product = mm(weight, input.reshape(-1, width).t()).t().reshape(shape);
        return (bias is null ? product : product.add_(bias)).MoveToOuterDisposeScope();
    }
}
