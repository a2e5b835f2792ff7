using AudioCraft.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Compression.EntropyCoding;

/// <summary>
/// Multi-head attention over a stretch of past and new vectors, with the names of <c>torch.nn.MultiheadAttention</c> and its order of operations,
/// on which the last bits of the result depend.
/// </summary>
internal sealed class EncodecSelfAttention : Module<Tensor, Tensor, int, Tensor>
{
    private readonly Parameter in_proj_weight;
    private readonly Parameter in_proj_bias;
    private readonly UnfusedLinear out_proj;
    private readonly int heads;

    public EncodecSelfAttention(int dimension, int heads) : base(nameof(EncodecSelfAttention))
    {
        this.heads = heads;
        in_proj_weight = ParameterFactory.FanIn(dimension, 3L * dimension, dimension);
        in_proj_bias = ParameterFactory.Constant(0, 3L * dimension);
        out_proj = new UnfusedLinear(dimension, dimension);
        RegisterComponents();
    }

    /// <summary>Attention of the new vectors to themselves and those before.</summary>
    /// <param name="x">New vectors [B, T, D].</param>
    /// <param name="context">Past and new vectors [B, H + T, D].</param>
    /// <param name="reach">How many steps back a vector sees.</param>
    /// <returns>[B, T, D].</returns>
    public override Tensor forward(Tensor x, Tensor context, int reach)
    {
        using var scope = NewDisposeScope();
        var (batch, steps, width) = (x.size(0), x.size(1), x.size(2));
        var total = context.size(1);
        var queries = functional.linear(x.transpose(0, 1), in_proj_weight.narrow(0, 0, width), in_proj_bias.narrow(0, 0, width));
        var both = functional.linear(context.transpose(0, 1), in_proj_weight.narrow(0, width, 2 * width), in_proj_bias.narrow(0, width, 2 * width));
        var q = PerHead(queries, steps, batch, width) / Math.Sqrt(width / heads);
        var k = PerHead(both.narrow(-1, 0, width), total, batch, width);
        var v = PerHead(both.narrow(-1, width, width), total, batch, width);
        // Not baddbmm: TorchSharp 0.106.0 hands its arguments on in another order than it takes them.
        var weights = (bmm(q, k.transpose(1, 2)) + Mask(steps, total, reach, x.device)).softmax(-1);
        var mixed = bmm(weights, v).transpose(0, 1).contiguous().view(steps * batch, width);
        return out_proj.forward(mixed).view(steps, batch, width).transpose(0, 1).MoveToOuterDisposeScope();
    }

    private Tensor PerHead(Tensor x, long steps, long batch, long width) => x.contiguous().view(steps, batch * heads, width / heads).transpose(0, 1);

    /// <summary>[1, T, H + T]: 0 where a step may look, −∞ at later ones and at those out of reach.</summary>
    private static Tensor Mask(long steps, long total, int reach, Device device)
    {
        var delta = arange(total - steps, total, device: device).view(-1, 1) - arange(total, device: device).view(1, -1);
        var hidden = delta.lt(0).logical_or(delta.gt(reach));
        return zeros([1, steps, total], ScalarType.Float32, device).masked_fill(hidden, float.NegativeInfinity);
    }
}
