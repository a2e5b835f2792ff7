using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Quantization;

/// <summary>Checks of arguments of a codec before any native call.</summary>
internal static class TensorChecks
{
    /// <summary>A tensor [B, <paramref name="size"/>, any], none of them 0, of the model's element type.</summary>
    /// <exception cref="ArgumentException">It is invalid; the message names the shape.</exception>
    public static void Float(Tensor tensor, string name, string layout, long size, ScalarType type)
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        var shape = tensor.shape;
        if (shape.Length != 3 || shape.Any(n => n == 0) || shape[1] != size)
        {
            throw new ArgumentException(
                $"{name} has shape {Text(shape)}; {layout} was expected, with {size} as the second size and no size 0.", name);
        }

        if (tensor.dtype != type)
        {
            throw new ArgumentException($"{name} holds {tensor.dtype}; {type}, which the model computes in, was expected.", name);
        }
    }

    /// <summary>An int64 tensor [B, K, F], none of them 0, with K at most <paramref name="codebooks"/> and codes from 0 to <paramref name="bins"/> − 1.</summary>
    /// <exception cref="ArgumentException">It is invalid; the message names the shape or the code.</exception>
    public static void Codes(Tensor codes, string name, int codebooks, int bins)
    {
        ArgumentNullException.ThrowIfNull(codes, name);
        var shape = codes.shape;
        if (shape.Length != 3 || shape.Any(n => n == 0) || shape[1] > codebooks)
        {
            throw new ArgumentException($"{name} has shape {Text(shape)}; [B, K, F] was expected, with K at most {codebooks} and no size 0.", name);
        }

        if (codes.dtype != ScalarType.Int64)
        {
            throw new ArgumentException($"{name} holds {codes.dtype}; Int64 was expected.", name);
        }

        using var least = codes.min();
        using var greatest = codes.max();
        var (low, high) = (least.item<long>(), greatest.item<long>());
        if (low < 0 || high >= bins)
        {
            throw new ArgumentException($"{name} holds {(low < 0 ? low : high)}; codes are 0 to {bins - 1}.", name);
        }
    }

    /// <summary>A floating-point tensor without NaN and infinite values.</summary>
    /// <exception cref="ArgumentException">It has one; the message names the first.</exception>
    public static void Finite(Tensor tensor, string name)
    {
        if (IsFinite(tensor))
        {
            return;
        }

        using var scope = NewDisposeScope();
        var at = tensor.isfinite().logical_not_().nonzero()[0].cpu().data<long>().ToArray();
        var value = at.Aggregate(tensor, (part, index) => part[index]).to(ScalarType.Float64).cpu().item<double>();
        throw new ArgumentException($"{name}[{string.Join(", ", at)}] is {value}; finite values were expected.", name);
    }

    /// <summary>Whether a floating-point tensor has no NaN and no infinite value. One sum decides, unless the values are so large that it overflows.</summary>
    public static bool IsFinite(Tensor tensor)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return tensor.sum().isfinite().item<bool>() || tensor.isfinite().all().item<bool>();
    }

    /// <summary>A shape as in <c>[1, 4, 50]</c>.</summary>
    public static string Text(long[] shape) => $"[{string.Join(", ", shape)}]";
}
