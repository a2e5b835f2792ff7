using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>Length and direction of each kernel are separate parameters, named as by PyTorch's <c>weight_norm</c>: <c>weight = weight_v · weight_g / ‖weight_v‖</c>.</summary>
internal sealed class WeightNormWeight : ConvWeight
{
    private readonly Parameter weight_g;
    private readonly Parameter weight_v;

    /// <param name="shape">[out, in / groups, k, …].</param>
    public WeightNormWeight(long[] shape) : base(nameof(WeightNormWeight), shape)
    {
        weight_v = Uniform(shape, shape);
        using (no_grad())
        {
            weight_g = AsParameter(Length(weight_v));
        }

        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor Weight()
    {
        using var scope = NewDisposeScope();
        return (weight_v * (weight_g / Length(weight_v))).MoveToOuterDisposeScope();
    }

    // ‖v‖ over all but the first dimension, [out, 1, …].
    private static Tensor Length(Tensor v)
    {
        using var scope = NewDisposeScope();
        long[] shape = [v.size(0), .. Enumerable.Repeat(1L, (int)v.dim() - 1)];
        return v.reshape(v.size(0), -1).pow(Scalars.Two).sum(1).sqrt().reshape(shape).MoveToOuterDisposeScope();
    }
}
