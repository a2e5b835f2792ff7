using AudioCraft.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using Linear = AudioCraft.Layers.Linear;

namespace AudioCraft.Conditioning;

/// <summary>Norm, self-attention and residual connection.</summary>
internal sealed class T5AttentionLayer : Module<Tensor, Tensor, Tensor>
{
    private readonly T5SelfAttention SelfAttention;
    private readonly T5LayerNorm layer_norm;

    public T5AttentionLayer(T5Config config, bool hasRelativeBias) : base(nameof(T5AttentionLayer))
    {
        SelfAttention = new T5SelfAttention(config, hasRelativeBias);
        layer_norm = new T5LayerNorm(config.ModelDimension, config.LayerNormEpsilon);
        RegisterComponents();
    }

    /// <inheritdoc cref="T5Block.forward"/>
    public override Tensor forward(Tensor input, Tensor bias)
    {
        using var normed = layer_norm.forward(input);
        return SelfAttention.forward(normed, bias).add_(input, Scalars.One);
    }

    /// <inheritdoc cref="T5SelfAttention.RelativeBias"/>
    public T5RelativePositionBias? RelativeBias => SelfAttention.RelativeBias;
}

/// <summary>
/// Multi-head self-attention without scaling by 1/√d and without biases; heads × head width may differ from the model's width.
/// The first block also has the table of relative positions that all blocks share.
/// </summary>
internal sealed class T5SelfAttention : Module<Tensor, Tensor, Tensor>
{
    private readonly long heads;
    private readonly long headWidth;
    private readonly Linear q;
    private readonly Linear k;
    private readonly Linear v;
    private readonly Linear o;
    private readonly T5RelativePositionBias? relative_attention_bias;

    public T5SelfAttention(T5Config config, bool hasRelativeBias) : base(nameof(T5SelfAttention))
    {
        (heads, headWidth) = (config.HeadCount, config.HeadDimension);
        q = new Linear(config.ModelDimension, heads * headWidth, bias: false);
        k = new Linear(config.ModelDimension, heads * headWidth, bias: false);
        v = new Linear(config.ModelDimension, heads * headWidth, bias: false);
        o = new Linear(heads * headWidth, config.ModelDimension, bias: false);
        relative_attention_bias = hasRelativeBias ? new T5RelativePositionBias(config) : null;
        RegisterComponents();
    }

    /// <summary>[B, T, width] and the bias of the attention logits [1 or B, heads, T, T] → [B, T, width].</summary>
    public override Tensor forward(Tensor input, Tensor bias)
    {
        using var scope = NewDisposeScope();
        var logits = matmul(Heads(q.forward(input)), Heads(k.forward(input)).transpose(2, 3)).add_(bias, Scalars.One);
        var mixed = matmul(logits.softmax(-1), Heads(v.forward(input)));
        return o.forward(mixed.transpose(1, 2).reshape(input.size(0), input.size(1), heads * headWidth)).MoveToOuterDisposeScope();
    }

    /// <summary>The table of relative positions; null except in the first block.</summary>
    public T5RelativePositionBias? RelativeBias => relative_attention_bias;

    private Tensor Heads(Tensor x) => x.view(x.size(0), x.size(1), heads, headWidth).transpose(1, 2);
}
