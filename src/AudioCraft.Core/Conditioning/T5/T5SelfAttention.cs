using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Conditioning;

/// <summary>
/// Multi-head self-attention without a scale by 1/√d and without biases, as T5 was trained; heads × head width may differ from the model's width.
/// The first block also holds the table of relative positions that all blocks share.
/// </summary>
internal sealed class T5SelfAttention : Module<Tensor, Tensor, Tensor>
{
    private readonly long heads;
    private readonly long headWidth;
    private readonly long buckets;
    private readonly long maxDistance;
    private readonly Linear q;
    private readonly Linear k;
    private readonly Linear v;
    private readonly Linear o;
    private readonly T5Embedding? relative_attention_bias;

    public T5SelfAttention(T5Config config, bool hasPositions) : base(nameof(T5SelfAttention))
    {
        (heads, headWidth) = (config.HeadCount, config.HeadDimension);
        (buckets, maxDistance) = (config.RelativeBuckets, config.RelativeMaxDistance);
        q = new Linear(config.ModelDimension, heads * headWidth, bias: false);
        k = new Linear(config.ModelDimension, heads * headWidth, bias: false);
        v = new Linear(config.ModelDimension, heads * headWidth, bias: false);
        o = new Linear(heads * headWidth, config.ModelDimension, bias: false);
        relative_attention_bias = hasPositions ? new T5Embedding(buckets, heads) : null;
        RegisterComponents();
    }

    /// <summary>[B, T, width] and what is added to the attention logits, [1 or B, heads, T, T] → [B, T, width].</summary>
    public override Tensor forward(Tensor input, Tensor bias)
    {
        using var scope = NewDisposeScope();
        var logits = matmul(Heads(q.forward(input)), Heads(k.forward(input)).transpose(2, 3)).add_(bias);
        var mixed = matmul(logits.softmax(-1), Heads(v.forward(input)));
        return o.forward(mixed.transpose(1, 2).reshape(input.size(0), input.size(1), heads * headWidth)).MoveToOuterDisposeScope();
    }

    /// <summary>What relative positions add to the attention logits of <paramref name="length"/> tokens: [1, heads, T, T]. Only the first block can tell.</summary>
    public Tensor PositionBias(long length, Device device)
    {
        using var scope = NewDisposeScope();
        var table = relative_attention_bias ?? throw new InvalidOperationException("Only the first block has the table of relative positions.");

        // A row for each distance from 1 - T to T - 1, then spread over all pairs of query and key.
        var distances = arange(1 - length, length, dtype: ScalarType.Int64);
        var byDistance = table.forward(Buckets(distances, buckets, maxDistance).to(device)).t();
        var steps = arange(length, dtype: ScalarType.Int64);
        var pairs = (steps.unsqueeze(0) - steps.unsqueeze(1) + (length - 1)).flatten().to(device);
        return byDistance.index_select(1, pairs).view(1, heads, length, length).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The row of the table for each distance (key minus query) on the CPU: half of the rows for keys that follow, half of each half for exact distances,
    /// the rest growing with the logarithm, taken and cut off in float32 as the released models were trained.
    /// </summary>
    internal static Tensor Buckets(Tensor distances, long buckets, long maxDistance)
    {
        using var scope = NewDisposeScope();
        var half = buckets / 2;
        var exact = half / 2;
        var far = distances.abs();
        var logarithmic = far.to(ScalarType.Float32).div(exact).log().div(Math.Log(maxDistance / (double)exact)).mul(half - exact);
        var coarse = logarithmic.clamp(min: 0).to(ScalarType.Int64).add(exact).clamp(max: half - 1);
        return where(far.lt(exact), far, coarse).add(distances.gt(0).to(ScalarType.Int64).mul(half)).MoveToOuterDisposeScope();
    }

    private Tensor Heads(Tensor x) => x.view(x.size(0), x.size(1), heads, headWidth).transpose(1, 2);
}
