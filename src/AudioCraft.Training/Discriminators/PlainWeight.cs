using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>A plain weight: <c>weight</c>.</summary>
internal sealed class PlainWeight : ConvWeight
{
    private readonly Parameter weight;

    /// <param name="shape">[out, in / groups, k, …].</param>
    public PlainWeight(long[] shape) : base(nameof(PlainWeight), shape)
    {
        weight = Uniform(shape, shape);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor Weight() => weight.alias();
}
