using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>Weight normalization over all but the first dimension, as PyTorch's <c>weight_norm(dim=0)</c>: <c>w = v · g / ‖v‖</c>.</summary>
internal static class WeightNorm
{
    /// <summary>
    /// The weight. For a transposed convolution the first dimension is the <em>input</em> channels, as in the released checkpoints.
    /// </summary>
    /// <param name="g">Lengths, [N, 1, …].</param>
    /// <param name="v">Directions, [N, …].</param>
    public static Tensor Fold(Tensor g, Tensor v)
    {
        using var scope = NewDisposeScope();
        return (v * (g / Length(v))).MoveToOuterDisposeScope();
    }

    /// <summary>‖v‖ over all but the first dimension, [N, 1, …].</summary>
    public static Tensor Length(Tensor v)
    {
        using var scope = NewDisposeScope();
        var shape = new long[v.dim()];
        Array.Fill(shape, 1);
        shape[0] = v.size(0);
        var rows = v.reshape(v.size(0), -1);
        return (rows * rows).sum(1).sqrt().reshape(shape).MoveToOuterDisposeScope();
    }
}
