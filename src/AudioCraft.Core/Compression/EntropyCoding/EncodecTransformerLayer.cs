using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Compression.EntropyCoding;

/// <summary>A layer that normalises after each part (Vaswani et al. 2017; encodec/modules/transformer.py).</summary>
internal sealed class EncodecTransformerLayer : Module<Tensor, Tensor, int, Tensor>
{
    private readonly EncodecSelfAttention self_attn;
    private readonly UnfusedLinear linear1;
    private readonly UnfusedLinear linear2;
    private readonly UnfusedLayerNorm norm1;
    private readonly UnfusedLayerNorm norm2;

    public EncodecTransformerLayer(int dimension, int heads, int hidden) : base(nameof(EncodecTransformerLayer))
    {
        self_attn = new EncodecSelfAttention(dimension, heads);
        linear1 = new UnfusedLinear(dimension, hidden);
        linear2 = new UnfusedLinear(hidden, dimension);
        norm1 = new UnfusedLayerNorm(dimension);
        norm2 = new UnfusedLayerNorm(dimension);
        RegisterComponents();
    }

    /// <summary>New vectors [B, T, D], with past and new ones [B, H + T, D], to [B, T, D].</summary>
    public override Tensor forward(Tensor x, Tensor context, int reach)
    {
        using var scope = NewDisposeScope();
        var attended = norm1.forward(x + self_attn.forward(x, context, reach));
        var fed = linear2.forward(functional.gelu(linear1.forward(attended)));
        return norm2.forward(attended + fed).MoveToOuterDisposeScope();
    }
}
