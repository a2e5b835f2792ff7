using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch.nn;
using static TorchSharp.torch;
using Linear = AudioCraft.Layers.Linear;

namespace AudioCraft.Conditioning;

/// <summary>Norm, feed-forward layer and residual connection.</summary>
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
        return DenseReluDense.forward(normed).add_(input, Scalars.One);
    }
}

/// <summary>Two linear layers with a ReLU between them (T5 1.0; <c>wi</c>, <c>wo</c>).</summary>
internal sealed class T5ReluFeedForward : Module<Tensor, Tensor>
{
    private readonly Linear wi;
    private readonly Linear wo;

    public T5ReluFeedForward(T5Config config) : base(nameof(T5ReluFeedForward))
    {
        wi = new Linear(config.ModelDimension, config.FeedForwardDimension, bias: false);
        wo = new Linear(config.FeedForwardDimension, config.ModelDimension, bias: false);
        RegisterComponents();
    }

    /// <summary>[B, T, width] → [B, T, width].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return wo.forward(wi.forward(input).relu()).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// A linear layer gated by the GELU of another (Shazeer 2020, "GLU Variants Improve Transformer"; T5 1.1 and Flan-T5; <c>wi_0</c>, <c>wi_1</c>, <c>wo</c>).
/// GELU is approximated by tanh, as in those models.
/// </summary>
internal sealed class T5GatedFeedForward : Module<Tensor, Tensor>
{
    private static readonly Scalar CubicTerm = 0.044715;
    private static readonly Scalar InnerScale = Math.Sqrt(2 / Math.PI);

    private readonly Linear wi_0;
    private readonly Linear wi_1;
    private readonly Linear wo;

    public T5GatedFeedForward(T5Config config) : base(nameof(T5GatedFeedForward))
    {
        wi_0 = new Linear(config.ModelDimension, config.FeedForwardDimension, bias: false);
        wi_1 = new Linear(config.ModelDimension, config.FeedForwardDimension, bias: false);
        wo = new Linear(config.FeedForwardDimension, config.ModelDimension, bias: false);
        RegisterComponents();
    }

    /// <summary>[B, T, width] → [B, T, width].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var gate = GeluByTanh(wi_0.forward(input));
        return wo.forward(gate * wi_1.forward(input)).MoveToOuterDisposeScope();
    }

    // 0.5 · x · (1 + tanh(√(2 / π) · (x + 0.044715 · x³)))
    private static Tensor GeluByTanh(Tensor x)
    {
        using var scope = NewDisposeScope();
        var inner = (x * x * x).mul_(CubicTerm).add_(x, Scalars.One).mul_(InnerScale);
        return (x.mul(Scalars.Half) * inner.tanh().add(Scalars.One, Scalars.One)).MoveToOuterDisposeScope();
    }
}
