using AudioCraft.Codecs;
using AudioCraft.Layers;
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
        weight_v = Filled(shape);
        weight_g = ParameterFactory.Constant(1, [shape[0], .. Enumerable.Repeat(1L, shape.Length - 1)]);
        if (!DeferredInitialization.IsActive)
        {
            using var guard = no_grad();
            using var length = WeightNorm.Length(weight_v);
            weight_g.copy_(length);
        }

        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor Weight() => WeightNorm.Fold(weight_g, weight_v);
}
