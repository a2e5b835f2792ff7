using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Layers;

/// <summary>Products of activations with a weight matrix.</summary>
internal static class MatrixProduct
{
    /// <summary>
    /// Up to this many rows, reading the weights is what costs on a CPU, and libtorch's general product <c>x Wᵀ</c> reads them slowest:
    /// <c>W x</c> is two to three times faster for one row, <c>W xᵀ</c> one and a half to two times for two to four (measured in benchmarks/).
    /// </summary>
    private const long FewRows = 4;

    /// <summary>[…, in] with a weight [out, in] and a bias [out] or null → […, out].</summary>
    public static Tensor Linear(Tensor input, Tensor weight, Tensor? bias)
    {
        var width = input.size(-1);
        var rows = input.numel() / width;
        if (input.device_type != DeviceType.CPU || rows > FewRows || is_grad_enabled())
        {
            return functional.linear(input, weight, bias!);
        }

        using var scope = NewDisposeScope();
        var shape = input.shape;
        shape[^1] = weight.size(0);
        var product = rows == 1
            ? mv(weight, input.reshape(width)).reshape(shape)
            : mm(weight, input.reshape(rows, width).t()).t().reshape(shape);
        return (bias is null ? product : product.add_(bias)).MoveToOuterDisposeScope();
    }
}
