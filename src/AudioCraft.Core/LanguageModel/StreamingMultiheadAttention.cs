using AudioCraft.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using Linear = AudioCraft.Layers.Linear;

namespace AudioCraft.LanguageModel;

/// <summary>
/// Multi-head attention with the query, key and value projections in one matrix, as PyTorch packs them
/// (audiocraft/modules/transformer.py). Serves as causal self-attention and as cross-attention.
/// </summary>
internal sealed class StreamingMultiheadAttention : Module
{
    private readonly Parameter in_proj_weight;
    private readonly Parameter? in_proj_bias;
    private readonly Linear out_proj;
    private readonly long heads;
    private readonly long dim;

    public StreamingMultiheadAttention(long dim, long heads, bool bias) : base(nameof(StreamingMultiheadAttention))
    {
        this.dim = dim;
        this.heads = heads;
        in_proj_weight = ParameterFactory.FanIn(dim, 3 * dim, dim);
        in_proj_bias = bias ? ParameterFactory.Constant(0, 3 * dim) : null;
        out_proj = new Linear(dim, dim, bias);
        RegisterComponents();
    }

    /// <summary>Causal self-attention over [B, T, dim]; with a cache, over the steps in it too, and these are added to it.</summary>
    public Tensor SelfAttend(Tensor x, KeyValueCache? cache)
    {
        using var scope = NewDisposeScope();
        var (batch, steps) = (x.size(0), x.size(1));
        var packed = MatrixProduct.Linear(x, in_proj_weight, in_proj_bias).view(batch, steps, 3, heads, dim / heads).permute(2, 0, 3, 1, 4);
        var query = packed.select(0, 0);
        var current = new KeyValues(packed.select(0, 1), packed.select(0, 2));
        var past = cache?.Length ?? 0;
        var all = cache is null ? current : cache.Append(current.Keys, current.Values);
        var mask = past > 0 && steps > 1 ? CausalMask(past, steps, x) : null;
        var attended = functional.scaled_dot_product_attention(query, all.Keys, all.Values, mask!, is_casual: past == 0 && steps > 1);
        return Merge(attended, batch, steps).MoveToOuterDisposeScope();
    }

    /// <summary>Attention of [B, T, dim] over the projected source, with an additive mask [B, 1, 1, Tc] or null.</summary>
    public Tensor CrossAttend(Tensor x, KeyValues source, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var (batch, steps) = (x.size(0), x.size(1));
        var query = SplitHeads(Project(x, 0));
        var attended = functional.scaled_dot_product_attention(query, source.Keys, source.Values, mask!);
        return Merge(attended, batch, steps).MoveToOuterDisposeScope();
    }

    /// <summary>Keys and values of a source [B, Tc, dim], computed once for all steps to come. The caller owns them.</summary>
    public KeyValues ProjectSource(Tensor source)
    {
        using var scope = NewDisposeScope();
        var keys = SplitHeads(Project(source, 1)).contiguous();
        var values = SplitHeads(Project(source, 2)).contiguous();
        return new KeyValues(keys.MoveToOuterDisposeScope(), values.MoveToOuterDisposeScope());
    }

    private Tensor Merge(Tensor attended, long batch, long steps) => out_proj.forward(attended.transpose(1, 2).reshape(batch, steps, dim));

    private Tensor SplitHeads(Tensor x) => x.view(x.size(0), x.size(1), heads, dim / heads).transpose(1, 2);

    /// <summary>Applies the query (0), key (1) or value (2) part of the packed projection.</summary>
    private Tensor Project(Tensor x, long part) => MatrixProduct.Linear(
        x, in_proj_weight.narrow(0, part * dim, dim), in_proj_bias?.narrow(0, part * dim, dim));

    private static Tensor CausalMask(long past, long steps, Tensor like) =>
        full([steps, past + steps], double.NegativeInfinity, dtype: like.dtype, device: like.device).triu(past + 1);
}
