using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Conditioning;

/// <summary>A block of the encoder: attention and feed-forward layer, each with a norm before it and a residual connection.</summary>
internal sealed class T5Block : Module<Tensor, Tensor, Tensor>
{
    private readonly ModuleList<Module> layer;

    public T5Block(T5Config config, bool hasRelativeBias) : base(nameof(T5Block))
    {
        layer = new ModuleList<Module>(new T5AttentionLayer(config, hasRelativeBias), new T5FeedForwardLayer(config));
        RegisterComponents();
    }

    /// <summary>[B, T, width] and the bias of the attention logits [1 or B, heads, T, T] → [B, T, width].</summary>
    public override Tensor forward(Tensor input, Tensor bias)
    {
        using var attended = ((T5AttentionLayer)layer[0]).forward(input, bias);
        return ((T5FeedForwardLayer)layer[1]).forward(attended);
    }

    /// <inheritdoc cref="T5SelfAttention.RelativeBias"/>
    public T5RelativePositionBias? RelativeBias => ((T5AttentionLayer)layer[0]).RelativeBias;
}
