using AudioCraft.Codecs;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch.nn;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>
/// A transformer layer: causal self-attention, cross-attention to the conditions, feed-forward
/// (audiocraft/modules/transformer.py), with normalization before or after each block.
/// </summary>
internal sealed class StreamingTransformerLayer : Module
{
    private readonly StreamingMultiheadAttention self_attn;
    private readonly StreamingMultiheadAttention? cross_attention;
    private readonly Linear linear1;
    private readonly Linear linear2;
    private readonly LayerNorm norm1;
    private readonly LayerNorm? norm_cross;
    private readonly LayerNorm norm2;
    private readonly LayerScale? layer_scale_1;
    private readonly LayerScale? layer_scale_cross;
    private readonly LayerScale? layer_scale_2;
    private readonly bool normFirst;
    private readonly LMActivation activation;

    public StreamingTransformerLayer(LMConfig config) : base(nameof(StreamingTransformerLayer))
    {
        normFirst = config.NormFirst;
        activation = config.Activation;
        self_attn = StreamingMultiheadAttention.Self(config);
        linear1 = new Linear(config.Dim, config.FeedForwardDim, config.BiasFeedForward);
        linear2 = new Linear(config.FeedForwardDim, config.Dim, config.BiasFeedForward);
        norm1 = new LayerNorm(config.Dim);
        norm2 = new LayerNorm(config.Dim);
        layer_scale_1 = Scale(config);
        layer_scale_2 = Scale(config);
        if (config.CrossAttention)
        {
            cross_attention = StreamingMultiheadAttention.Cross(config);
            norm_cross = new LayerNorm(config.Dim);
            layer_scale_cross = Scale(config);
        }

        RegisterComponents();
    }

    /// <summary>[B, T, dim] → [B, T, dim].</summary>
    /// <param name="x">Input.</param>
    /// <param name="cache">Keys and values of the previous steps; null if <paramref name="x"/> is the whole sequence.</param>
    /// <param name="pass">Mask and rotation of the self-attention.</param>
    /// <param name="source">The result of <see cref="ProjectSource"/>; null for a model without cross-attention.</param>
    /// <param name="sourceMask">Additive mask [B, 1, 1, Tc] over the conditions, or null.</param>
    public Tensor forward(Tensor x, KeyValueCache? cache, SelfAttentionPass pass, KeyValues? source, Tensor? sourceMask)
    {
        using var scope = NewDisposeScope();
        var y = normFirst ? PreNorm(x, cache, pass, source, sourceMask) : PostNorm(x, cache, pass, source, sourceMask);
        return y.MoveToOuterDisposeScope();
    }

    /// <summary>Computes the keys and values of the conditions [B, Tc, dim] for this layer's cross-attention. The caller owns them.</summary>
    public KeyValues ProjectSource(Tensor source) =>
        (cross_attention ?? throw new InvalidOperationException("This layer has no cross-attention.")).ProjectSource(source);

    /// <summary>Views of the weights for <see cref="StepDecoder"/>; null if one is not float32 or packed on the CPU.</summary>
    public StepLayerWeights? StepWeights() => StepLayerWeights.TryCreate(self_attn, cross_attention, linear1, linear2, norm1, norm_cross, norm2);

    /// <summary>The matrices that can be packed, by parameter name in this layer.</summary>
    public IEnumerable<(string Name, PackableWeight Weight)> Matrices()
    {
        yield return ("self_attn.in_proj_weight", self_attn.Projection);
        yield return ("self_attn.out_proj.weight", self_attn.Output.Matrix);
        yield return ("linear1.weight", linear1.Matrix);
        yield return ("linear2.weight", linear2.Matrix);
        if (cross_attention is not null)
        {
            yield return ("cross_attention.in_proj_weight", cross_attention.Projection);
            yield return ("cross_attention.out_proj.weight", cross_attention.Output.Matrix);
        }
    }

    private static LayerScale? Scale(LMConfig config) => config.LayerScale is { } initial ? new LayerScale(config.Dim, initial) : null;

    private static Tensor Scaled(LayerScale? scale, Tensor x) => scale is null ? x : scale.forward(x);

    private Tensor PreNorm(Tensor x, KeyValueCache? cache, SelfAttentionPass pass, KeyValues? source, Tensor? sourceMask)
    {
        x = x.add(Scaled(layer_scale_1, self_attn.SelfAttend(norm1.forward(x), cache, pass)), Scalars.One);
        if (cross_attention is not null)
        {
            x = x.add(Scaled(layer_scale_cross, cross_attention.CrossAttend(norm_cross!.forward(x), source!.Value, sourceMask)), Scalars.One);
        }

        return x.add(Scaled(layer_scale_2, FeedForward(norm2.forward(x))), Scalars.One);
    }

    // As in upstream, the queries of cross-attention are the layer's input here, not the output of self-attention.
    private Tensor PostNorm(Tensor input, KeyValueCache? cache, SelfAttentionPass pass, KeyValues? source, Tensor? sourceMask)
    {
        var x = norm1.forward(input.add(Scaled(layer_scale_1, self_attn.SelfAttend(input, cache, pass)), Scalars.One));
        if (cross_attention is not null)
        {
            x = norm_cross!.forward(x.add(Scaled(layer_scale_cross, cross_attention.CrossAttend(input, source!.Value, sourceMask)), Scalars.One));
        }

        return norm2.forward(x.add(Scaled(layer_scale_2, FeedForward(x)), Scalars.One));
    }

    private Tensor FeedForward(Tensor x)
    {
        var hidden = linear1.forward(x);
        return linear2.forward(activation == LMActivation.Gelu ? functional.gelu(hidden) : functional.relu(hidden));
    }
}
