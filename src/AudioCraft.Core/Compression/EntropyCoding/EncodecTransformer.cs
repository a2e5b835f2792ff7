using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Compression.EntropyCoding;

/// <summary>
/// The streaming transformer of encodec's language model (encodec/modules/transformer.py). A stream begins as if there had been one step before it whose vectors
/// are zero in every layer; released weights were trained with it.
/// </summary>
internal sealed class EncodecTransformer : Module<Tensor, EncodecLanguageModelState, Tensor>
{
    private readonly UnfusedLayerNorm norm_in;
    private readonly ModuleList<EncodecTransformerLayer> layers;
    private readonly EncodecLanguageModelConfig config;

    public EncodecTransformer(EncodecLanguageModelConfig config) : base(nameof(EncodecTransformer))
    {
        this.config = config;
        norm_in = new UnfusedLayerNorm(config.Dimension);
        layers = new ModuleList<EncodecTransformerLayer>(
            [.. Enumerable.Range(0, config.Layers).Select(_ => new EncodecTransformerLayer(config.Dimension, config.Heads, config.HiddenDimension))]);
        RegisterComponents();
    }

    /// <summary>The next steps of a stream: [B, T, D] → [B, T, D].</summary>
    public override Tensor forward(Tensor input, EncodecLanguageModelState state)
    {
        using var scope = NewDisposeScope();
        var x = norm_in.forward(input) + Positions(state.Offset, input.size(1), input.device);
        for (var i = 0; i < layers.Count; i++)
        {
            var context = cat([state.PastOf(i) ?? zeros_like(x.narrow(1, 0, 1)), x], 1);
            x = layers[i].forward(x, context, config.PastContext);
            var kept = Math.Min(config.PastContext, context.size(1));
            state.Remember(i, context.narrow(1, context.size(1) - kept, kept).clone());
        }

        state.Offset += input.size(1);
        return x.MoveToOuterDisposeScope();
    }

    /// <summary>Cosines, then sines, [1, T, D]; the exponent divides by one less than half the size.</summary>
    private Tensor Positions(long offset, long steps, Device device)
    {
        var half = config.Dimension / 2;
        var positions = arange(offset, offset + steps, dtype: ScalarType.Int64, device: device).view(1, -1, 1);
        var exponents = arange(half, dtype: ScalarType.Float32, device: device).view(1, 1, -1) / (half - 1.0);
        var phase = positions.to(ScalarType.Float32) / full([1], (float)config.MaxPeriod, ScalarType.Float32, device).pow(exponents);
        return cat([phase.cos(), phase.sin()], -1);
    }
}
