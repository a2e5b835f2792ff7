using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// A weight divided by its largest singular value σ = uᵀ W v, as PyTorch's <c>spectral_norm</c>. In training each call makes one step of power iteration,
/// outside the graph; the vectors are buffers of the checkpoint.
/// </summary>
internal sealed class SpectralNormWeight : ConvWeight
{
    private static readonly Scalar Epsilon = 1e-12;

    private readonly Parameter weight_orig;
    private readonly Tensor weight_u;
    private readonly Tensor weight_v;

    /// <param name="shape">[out, in / groups, k, …].</param>
    public SpectralNormWeight(long[] shape) : base(nameof(SpectralNormWeight), shape)
    {
        weight_orig = Uniform(shape, shape);
        weight_u = Direction(shape[0]);
        weight_v = Direction(weight_orig.numel() / shape[0]);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor Weight()
    {
        using var scope = NewDisposeScope();
        var matrix = weight_orig.reshape(weight_orig.size(0), -1);
        var (u, v) = (weight_u, weight_v);
        if (training)
        {
            using var guard = no_grad();

            // New tensors, because the next call may overwrite the buffers before the backward pass of this one.
            v = Unit(matrix.t().mv(u));
            u = Unit(matrix.mv(v));
            weight_v.copy_(v);
            weight_u.copy_(u);
        }

        return (weight_orig / (matrix.mv(v) * u).sum()).MoveToOuterDisposeScope();
    }

    private static Tensor Direction(long size)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return Unit(randn(size, dtype: ScalarType.Float32)).DetachFromDisposeScope();
    }

    private static Tensor Unit(Tensor vector) => vector / vector.norm().clamp_min(Epsilon);
}
