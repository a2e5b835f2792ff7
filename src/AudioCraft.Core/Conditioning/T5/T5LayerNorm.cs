using AudioCraft.Layers;
using TorchSharp.Modules;
using TorchSharp;
using static TorchSharp.torch.nn;
using static TorchSharp.torch;

namespace AudioCraft.Conditioning;

/// <summary>Scales to a root mean square of one, without subtracting the mean and without a shift (RMSNorm, Zhang and Sennrich 2019).</summary>
internal sealed class T5LayerNorm : Module<Tensor, Tensor>
{
    private readonly double epsilon;
    private readonly Parameter weight;

    public T5LayerNorm(long width, double epsilon) : base(nameof(T5LayerNorm))
    {
        this.epsilon = epsilon;
        weight = ParameterFactory.Constant(1, width);
        RegisterComponents();
    }

    /// <summary>[…, width] → […, width].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        using Scalar added = epsilon;
        var scale = (input * input).mean([-1L], keepdim: true).add_(added, Scalars.One).rsqrt();
        return (input * scale * weight).MoveToOuterDisposeScope();
    }
}
