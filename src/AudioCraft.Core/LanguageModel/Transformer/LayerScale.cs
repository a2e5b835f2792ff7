using AudioCraft.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.LanguageModel;

/// <summary>A learned scale for each channel of a block's output ("Going deeper with image transformers", Touvron et al. 2021).</summary>
internal sealed class LayerScale : Module<Tensor, Tensor>
{
    private readonly Parameter scale;

    public LayerScale(long dim, double initial) : base(nameof(LayerScale))
    {
        scale = ParameterFactory.Constant(initial, dim);
        RegisterComponents();
    }

    /// <summary>[…, dim] → […, dim].</summary>
    public override Tensor forward(Tensor input) => input * scale;
}
