using AudioCraft.Layers;
using TorchSharp.Modules;
using TorchSharp;
using static TorchSharp.torch.nn;
using static TorchSharp.torch;
using LayerNorm = AudioCraft.Layers.LayerNorm;
using Linear = AudioCraft.Layers.Linear;

namespace AudioCraft.LanguageModel;

/// <summary>
/// Multi-head attention with the query, key and value projections in one matrix, as PyTorch packs them
/// (audiocraft/modules/transformer.py). Used as causal self-attention and as cross-attention.
/// </summary>
internal sealed class StreamingMultiheadAttention : Module
{
    private readonly Parameter in_proj_weight;
    private readonly Parameter? in_proj_bias;
    private readonly Linear out_proj;
    private readonly LayerNorm? q_layer_norm;
    private readonly LayerNorm? k_layer_norm;
    private readonly long dim;
    private readonly long heads;
    private readonly long repeat;
    private readonly bool inFloat32;
    private readonly PackableWeight projection;

    private StreamingMultiheadAttention(LMConfig config, bool normalize, int keyValueRepeat) : base(nameof(StreamingMultiheadAttention))
    {
        (dim, heads, repeat, inFloat32) = (config.Dim, config.NumHeads, keyValueRepeat, config.AttentionAsFloat32);
        var outputs = dim + (2 * KeyDim);
        in_proj_weight = ParameterFactory.FanIn(dim, outputs, dim);
        in_proj_bias = config.BiasAttention ? ParameterFactory.Constant(0, outputs) : null;
        out_proj = new Linear(dim, dim, config.BiasAttention);
        if (normalize)
        {
            q_layer_norm = new LayerNorm(dim);
            k_layer_norm = new LayerNorm(dim);
        }

        projection = new PackableWeight(() => in_proj_weight);
        RegisterComponents();
    }

    /// <summary>The packed projections of query, key and value, one below the other.</summary>
    public PackableWeight Projection => projection;

    /// <summary>The bias of the projections, or null.</summary>
    public Tensor? ProjectionBias => in_proj_bias;

    /// <summary>The output projection.</summary>
    public Linear Output => out_proj;

    private long KeyDim => dim / repeat;

    /// <summary>Creates the self-attention of a configuration.</summary>
    public static StreamingMultiheadAttention Self(LMConfig config) => new(config, config.QueryKeyNorm, config.KeyValueRepeat);

    /// <summary>Creates the cross-attention of a configuration.</summary>
    public static StreamingMultiheadAttention Cross(LMConfig config) => new(config, config.QueryKeyNormCross, 1);

    /// <summary>Causal self-attention over [B, T, dim] and, with a cache, over its previous steps. The new steps are added to the cache.</summary>
    public Tensor SelfAttend(Tensor x, KeyValueCache? cache, SelfAttentionPass pass)
    {
        using var scope = NewDisposeScope();
        var (query, own) = ProjectAll(x);
        if (pass.Rotation is { } rotation)
        {
            (query, own) = (rotation.Query(query), own with { Keys = rotation.Key(own.Keys) });
        }

        own = new KeyValues(InOwnType(own.Keys), InOwnType(own.Values));
        query = InOwnType(query);
        var (keys, values) = cache is null ? own : cache.Append(own.Keys, own.Values);
        if (repeat > 1)
        {
            (keys, values) = (keys.repeat_interleave(repeat, 1), values.repeat_interleave(repeat, 1));
        }

        var attended = functional.scaled_dot_product_attention(query, keys, values, Like(query, pass.Mask)!, is_casual: pass.IsCausal);
        return Merge(attended, x).MoveToOuterDisposeScope();
    }

    /// <summary>Attention of [B, T, dim] over the projected source, with an additive mask [B, 1, 1, Tc] or null.</summary>
    public Tensor CrossAttend(Tensor x, KeyValues source, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var query = InOwnType(SplitHeads(Normalized(q_layer_norm, Project(x, 0))));
        var attended = functional.scaled_dot_product_attention(query, source.Keys, source.Values, Like(query, mask)!);
        return Merge(attended, x).MoveToOuterDisposeScope();
    }

    /// <summary>Computes the keys and values of a source [B, Tc, dim], once for all steps. The caller owns them.</summary>
    public KeyValues ProjectSource(Tensor source)
    {
        using var scope = NewDisposeScope();
        var keys = InOwnType(SplitHeads(Normalized(k_layer_norm, Project(source, 1)))).contiguous();
        var values = InOwnType(SplitHeads(Project(source, 2))).contiguous();
        return new KeyValues(keys.MoveToOuterDisposeScope(), values.MoveToOuterDisposeScope());
    }

    private (Tensor Query, KeyValues Own) ProjectAll(Tensor x)
    {
        var projected = projection.Linear(x, in_proj_bias);
        if (repeat == 1 && q_layer_norm is null)
        {
            var packed = projected.view(x.size(0), x.size(1), 3, heads, dim / heads).permute(2, 0, 3, 1, 4);
            return (packed.select(0, 0), new KeyValues(packed.select(0, 1), packed.select(0, 2)));
        }

        var query = Normalized(q_layer_norm, projected.narrow(2, 0, dim));
        var keys = Normalized(k_layer_norm, projected.narrow(2, dim, KeyDim));
        return (SplitHeads(query), new KeyValues(SplitHeads(keys), SplitHeads(projected.narrow(2, dim + KeyDim, KeyDim))));
    }

    private Tensor Merge(Tensor attended, Tensor x)
    {
        var merged = attended.transpose(1, 2).reshape(x.size(0), x.size(1), dim);
        return out_proj.forward(inFloat32 ? merged.to(x.dtype) : merged);
    }

    private Tensor SplitHeads(Tensor x) => x.view(x.size(0), x.size(1), x.size(2) * heads / dim, dim / heads).transpose(1, 2);

    private Tensor InOwnType(Tensor x) => inFloat32 ? x.to(ScalarType.Float32) : x;

    // Under mixed precision, queries and mask may have different types.
    private static Tensor? Like(Tensor query, Tensor? mask) => mask is null || mask.dtype == query.dtype ? mask : mask.to(query.dtype);

    private static Tensor Normalized(LayerNorm? norm, Tensor x) => norm is null ? x : norm.forward(x);

    /// <summary>Applies the query (0), key (1) or value (2) part of the packed projection of a cross attention.</summary>
    private Tensor Project(Tensor x, long part) =>
        projection.Linear(x, in_proj_bias?.narrow(0, part * dim, dim), part * dim, dim);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            projection.Dispose();
        }

        base.Dispose(disposing);
    }
}
