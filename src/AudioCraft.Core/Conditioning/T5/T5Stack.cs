using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Conditioning;

/// <summary>The blocks of a T5 encoder and the norm after them.</summary>
internal sealed class T5Stack : Module<Tensor, Tensor, Tensor>
{
    private readonly ModuleList<T5Block> block;
    private readonly T5LayerNorm final_layer_norm;

    public T5Stack(T5Config config) : base(nameof(T5Stack))
    {
        block = new ModuleList<T5Block>();
        for (var i = 0; i < config.LayerCount; i++)
        {
            block.Add(new T5Block(config, hasPositions: i == 0));
        }

        final_layer_norm = new T5LayerNorm(config.ModelDimension, config.LayerNormEpsilon);
        RegisterComponents();
    }

    /// <summary>Embedded tokens [B, T, width] and their mask [B, T] → [B, T, width].</summary>
    public override Tensor forward(Tensor embedded, Tensor attentionMask)
    {
        using var scope = NewDisposeScope();
        var bias = block[0].PositionBias(embedded.size(1), embedded.device) + MaskBias(attentionMask);
        var hidden = embedded;
        foreach (var one in block)
        {
            var next = one.forward(hidden, bias);
            if (!ReferenceEquals(hidden, embedded))
            {
                hidden.Dispose();
            }

            hidden = next;
        }

        return final_layer_norm.forward(hidden).MoveToOuterDisposeScope();
    }

    /// <inheritdoc cref="T5SelfAttention.PositionBias"/>
    internal Tensor PositionBias(long length, Device device) => block[0].PositionBias(length, device);

    /// <summary>
    /// [B, T] → [B, 1, 1, T]: zero, or the lowest float32 where the mask is zero. Not minus infinity: a row that is masked all over must come out
    /// uniform and finite, for it is multiplied by zero later.
    /// </summary>
    private static Tensor MaskBias(Tensor mask) => (1 - mask.to(ScalarType.Float32)).mul_(float.MinValue).unsqueeze(1).unsqueeze(1);
}
