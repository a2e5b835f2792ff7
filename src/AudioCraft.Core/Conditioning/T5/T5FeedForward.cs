using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Conditioning;

/// <summary>Two layers with a ReLU between them (T5 1.0; <c>wi</c>, <c>wo</c>).</summary>
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
/// A layer gated by the GELU of another (Shazeer 2020, "GLU Variants Improve Transformer"; T5 1.1 and Flan-T5; <c>wi_0</c>, <c>wi_1</c>, <c>wo</c>).
/// GELU is its approximation by tanh, which those models were trained with.
/// </summary>
internal sealed class T5GatedFeedForward : Module<Tensor, Tensor>
{
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

    private static Tensor GeluByTanh(Tensor x) =>
        x * 0.5 * (x.pow(3).mul_(0.044715).add_(x).mul_(Math.Sqrt(2 / Math.PI)).tanh() + 1.0);
}
