using AudioCraft.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Compression.EntropyCoding;

// The float32 results of these layers are part of the .ecdc format. So they are computed by the very operators that upstream's layers come down to,
// where the rest of the library is free to take faster ones (Layers/MatrixProduct).

/// <summary><c>y = x Wᵀ + b</c> by the operator of <c>torch.nn.Linear</c>.</summary>
internal sealed class UnfusedLinear : Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter bias;

    public UnfusedLinear(long inputs, long outputs) : base(nameof(UnfusedLinear))
    {
        weight = ParameterFactory.FanIn(inputs, outputs, inputs);
        bias = ParameterFactory.FanIn(inputs, outputs);
        RegisterComponents();
    }

    /// <summary>[…, inputs] → […, outputs].</summary>
    public override Tensor forward(Tensor input) => functional.linear(input, weight, bias);
}

/// <summary>Layer normalisation over the last dimension.</summary>
internal sealed class UnfusedLayerNorm : Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly long[] shape;

    public UnfusedLayerNorm(long size) : base(nameof(UnfusedLayerNorm))
    {
        shape = [size];
        weight = ParameterFactory.Constant(1, size);
        bias = ParameterFactory.Constant(0, size);
        RegisterComponents();
    }

    /// <summary>[…, size] → the same shape.</summary>
    public override Tensor forward(Tensor input) => functional.layer_norm(input, shape, weight, bias, 1e-5);
}

/// <summary>A row of a table for each number.</summary>
internal sealed class UnfusedEmbedding : Module<Tensor, Tensor>
{
    private readonly Parameter weight;

    public UnfusedEmbedding(long rows, long width) : base(nameof(UnfusedEmbedding))
    {
        weight = ParameterFactory.Normal(rows, width);
        RegisterComponents();
    }

    /// <summary>Numbers [B, T], int64 → rows [B, T, width].</summary>
    public override Tensor forward(Tensor input)
    {
        using var flat = input.reshape(-1);
        using var rows = weight.index_select(0, flat);
        return rows.view(input.size(0), input.size(1), -1);
    }
}
