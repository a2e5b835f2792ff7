using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Conditioning;

/// <summary>A block of the encoder: attention, then feed-forward, each after a norm and added to what came in.</summary>
internal sealed class T5Block : Module<Tensor, Tensor, Tensor>
{
    private readonly ModuleList<Module> layer;

    public T5Block(T5Config config, bool hasPositions) : base(nameof(T5Block))
    {
        layer = new ModuleList<Module>(new T5AttentionLayer(config, hasPositions), new T5FeedForwardLayer(config));
        RegisterComponents();
    }

    /// <summary>[B, T, width] and what is added to the attention logits, [1 or B, heads, T, T] → [B, T, width].</summary>
    public override Tensor forward(Tensor input, Tensor bias)
    {
        using var attended = ((T5AttentionLayer)layer[0]).forward(input, bias);
        return ((T5FeedForwardLayer)layer[1]).forward(attended);
    }

    /// <inheritdoc cref="T5SelfAttention.PositionBias"/>
    public Tensor PositionBias(long length, Device device) => ((T5AttentionLayer)layer[0]).PositionBias(length, device);
}

/// <summary>Norm, self-attention, sum.</summary>
internal sealed class T5AttentionLayer : Module<Tensor, Tensor, Tensor>
{
    private readonly T5SelfAttention SelfAttention;
    private readonly T5LayerNorm layer_norm;

    public T5AttentionLayer(T5Config config, bool hasPositions) : base(nameof(T5AttentionLayer))
    {
        SelfAttention = new T5SelfAttention(config, hasPositions);
        layer_norm = new T5LayerNorm(config.ModelDimension, config.LayerNormEpsilon);
        RegisterComponents();
    }

    /// <inheritdoc cref="T5Block.forward"/>
    public override Tensor forward(Tensor input, Tensor bias)
    {
        using var normed = layer_norm.forward(input);
        return SelfAttention.forward(normed, bias).add_(input);
    }

    /// <inheritdoc cref="T5SelfAttention.PositionBias"/>
    public Tensor PositionBias(long length, Device device) => SelfAttention.PositionBias(length, device);
}

/// <summary>Norm, feed-forward, sum.</summary>
internal sealed class T5FeedForwardLayer : Module<Tensor, Tensor>
{
    private readonly Module<Tensor, Tensor> DenseReluDense;
    private readonly T5LayerNorm layer_norm;

    public T5FeedForwardLayer(T5Config config) : base(nameof(T5FeedForwardLayer))
    {
        DenseReluDense = config.GatedGelu ? new T5GatedFeedForward(config) : new T5ReluFeedForward(config);
        layer_norm = new T5LayerNorm(config.ModelDimension, config.LayerNormEpsilon);
        RegisterComponents();
    }

    /// <summary>[B, T, width] → [B, T, width].</summary>
    public override Tensor forward(Tensor input)
    {
        using var normed = layer_norm.forward(input);
        return DenseReluDense.forward(normed).add_(input);
    }
}
