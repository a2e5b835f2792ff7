using AudioCraft.Kernels;
using TorchSharp;
using static TorchSharp.torch.nn;
using static TorchSharp.torch;

namespace AudioCraft.Layers;

/// <summary>Products of activations with a weight matrix.</summary>
internal static class MatrixProduct
{
    /// <summary>Number of rows up to which reading the weights dominates the cost on a CPU, so that <see cref="FewRowProduct"/> is faster than libtorch.</summary>
    public const long FewRows = 8;

    /// <summary>[…, in] with a weight [out, in] and a bias [out] or null → […, out].</summary>
    public static Tensor Linear(Tensor input, Tensor weight, Tensor? bias)
    {
        if (MixedPrecision.Current is { } type && type != weight.dtype)
        {
            using var converted = NewDisposeScope();
            return functional.linear(input.to(type), weight.to(type), bias?.to(type)!).MoveToOuterDisposeScope();
        }

        var width = input.size(-1);
        var rows = input.numel() / width;
        if (rows > FewRows || is_grad_enabled() || !FewRowProduct.Supports(input, weight))
        {
            return functional.linear(input, weight, bias!);
        }

        using var scope = NewDisposeScope();
        var shape = input.shape;
        shape[^1] = weight.size(0);
        var product = FewRowProduct.Multiply(input.reshape(rows, width), weight).reshape(shape);
        return (bias is null ? product : product.add_(bias, Scalars.One)).MoveToOuterDisposeScope();
    }
}
