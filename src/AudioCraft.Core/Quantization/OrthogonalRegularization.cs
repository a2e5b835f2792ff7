using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Quantization;

/// <summary>How far the entries of a codebook are from being at right angles to each other (Shin, Lee and Joo 2021, equation 2).</summary>
internal static class OrthogonalRegularization
{
    /// <summary>‖E Eᵀ − I‖² / n² for entries scaled to unit length: [n, D] → a scalar. The caller owns it.</summary>
    public static Tensor Of(Tensor entries)
    {
        using var scope = NewDisposeScope();
        var count = entries.size(0);
        var lengths = entries.pow(2).sum(1, keepdim: true).sqrt().clamp_min(1e-12);
        var directions = entries / lengths;
        var products = mm(directions, directions.t()) - eye(count, dtype: entries.dtype, device: entries.device);
        return (products.pow(2).sum() / ((double)count * count)).MoveToOuterDisposeScope();
    }
}
