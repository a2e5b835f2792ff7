using AudioCraft.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Conditioning;

/// <summary>The blocks of a T5 encoder and the norm after them.</summary>
internal sealed class T5Stack : Module<Tensor, Tensor, Tensor>
{
    private static readonly Scalar LowestFloat = float.MinValue;

    private readonly ModuleList<T5Block> block;
    private readonly T5LayerNorm final_layer_norm;

    public T5Stack(T5Config config) : base(nameof(T5Stack))
    {
        block = new ModuleList<T5Block>();
        for (var i = 0; i < config.LayerCount; i++)
        {
            block.Add(new T5Block(config, hasRelativeBias: i == 0));
        }

        final_layer_norm = new T5LayerNorm(config.ModelDimension, config.LayerNormEpsilon);
        RegisterComponents();
    }

    /// <summary>Embedded tokens [B, T, width] and their mask [B, T] → [B, T, width].</summary>
    public override Tensor forward(Tensor embedded, Tensor attentionMask)
    {
        using var scope = NewDisposeScope();
        var bias = RelativeBias.ForLength(embedded.size(1), embedded.device).add(MaskBias(attentionMask), Scalars.One);
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

    /// <summary>The table of relative positions, which the first block contains and all blocks use.</summary>
    internal T5RelativePositionBias RelativeBias => block[0].RelativeBias!;

    /// <summary>
    /// [B, T] → [B, 1, 1, T]: zero, or the lowest float32 where the mask is zero. Not minus infinity, because a fully masked row
    /// must be finite: it is multiplied by zero later.
    /// </summary>
    private static Tensor MaskBias(Tensor mask) => mask.logical_not().to(ScalarType.Float32).mul_(LowestFloat).unsqueeze(1).unsqueeze(1);
}
