using TorchSharp.Modules;
using TorchSharp;
using static TorchSharp.torch.nn;
using static TorchSharp.torch;

namespace AudioCraft.Layers;

/// <summary>
/// <c>y = x Wᵀ + b</c>, with PyTorch's parameter names. It differs from <c>torch.nn.Linear</c> in two ways:
/// its parameters are not initialized if a checkpoint is about to overwrite them (<see cref="DeferredInitialization"/>),
/// and products with few rows, as in decoding, avoid the slower general matrix product.
/// </summary>
internal sealed class Linear : Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter? bias;
    private readonly PackableWeight matrix;

    /// <param name="inputs">Size of the last dimension of the input.</param>
    /// <param name="outputs">Size of the last dimension of the output.</param>
    /// <param name="bias">Whether the layer has a bias.</param>
    public Linear(long inputs, long outputs, bool bias = true) : base(nameof(Linear))
    {
        weight = ParameterFactory.FanIn(inputs, outputs, inputs);
        this.bias = bias ? ParameterFactory.FanIn(inputs, outputs) : null;
        matrix = new PackableWeight(() => weight);
        RegisterComponents();
    }

    /// <summary>The weights, which may be packed.</summary>
    public PackableWeight Matrix => matrix;

    /// <summary>The bias, or null.</summary>
    public Tensor? Bias => bias;

    /// <summary>[…, inputs] → […, outputs].</summary>
    public override Tensor forward(Tensor input) => matrix.Linear(input, bias);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            matrix.Dispose();
        }

        base.Dispose(disposing);
    }
}
