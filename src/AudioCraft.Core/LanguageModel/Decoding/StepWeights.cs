using AudioCraft.Kernels;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;
using Linear = AudioCraft.Layers.Linear;

namespace AudioCraft.LanguageModel;

/// <summary>The weights of a language model as pointers into the modules' own memory. The modules must not be moved, packed or disposed of while this is in use.</summary>
internal sealed unsafe class StepWeights
{
    private readonly Tensor[] tables;

    private StepWeights(Tensor[] tables, StepLayerWeights[] layers, LayerNormView outNorm, LinearView[] heads)
    {
        (this.tables, Layers, OutNorm, Heads) = (tables, layers, outNorm, heads);
        Embeddings = new float*[tables.Length];
        for (var k = 0; k < tables.Length; k++)
        {
            Embeddings[k] = TensorMemory.Float32(this.tables[k]);
        }
    }

    /// <summary>Embedding tables [cardinality + 1, dim], one for each codebook.</summary>
    public float*[] Embeddings { get; }

    /// <summary>The transformer's layers.</summary>
    public StepLayerWeights[] Layers { get; }

    /// <summary>The normalization before the output heads.</summary>
    public LayerNormView OutNorm { get; }

    /// <summary>Output heads [cardinality, dim], one for each codebook.</summary>
    public LinearView[] Heads { get; }

    /// <summary>Creates views of a model's weights; null if a weight is not float32 or packed on the CPU, or if the model has no final normalization.</summary>
    public static StepWeights? TryCreate(Tensor[] tables, StreamingTransformer transformer, LayerNorm? outNorm, IEnumerable<Linear> heads)
    {
        if (outNorm is null || !LayerNormView.Supports(outNorm) || !Array.TrueForAll(tables, TensorMemory.IsFloat32))
        {
            return null;
        }

        var layers = transformer.Layers.Select(layer => layer.StepWeights()).ToArray();
        var views = heads.Select(head => LinearView.Of(head.Matrix, head.Bias)).ToArray();
        return Array.Exists(layers, layer => layer is null) || Array.Exists(views, head => head is null)
            ? null
            : new StepWeights(tables, layers!, new LayerNormView(outNorm), views!);
    }
}

/// <summary>The weights of a transformer layer that normalizes first.</summary>
/// <param name="SelfNorm">Normalization before the self-attention.</param>
/// <param name="Projection">Query, key and value of the self-attention, [dim + 2 · dim / kv_repeat, dim].</param>
/// <param name="Output">Output of the self-attention [dim, dim].</param>
/// <param name="CrossNorm">Normalization before the cross-attention, or null.</param>
/// <param name="CrossProjection">Query, key and value of the cross-attention [3 · dim, dim], of which a step uses the query's rows, the first dim; or null.</param>
/// <param name="CrossOutput">Output of the cross-attention [dim, dim], or null.</param>
/// <param name="FeedForwardNorm">Normalization before the feed-forward block.</param>
/// <param name="Up">First matrix of the feed-forward block.</param>
/// <param name="Down">Second matrix of the feed-forward block.</param>
internal sealed record StepLayerWeights(
    LayerNormView SelfNorm, LinearView Projection, LinearView Output,
    LayerNormView? CrossNorm, LinearView? CrossProjection, LinearView? CrossOutput,
    LayerNormView FeedForwardNorm, LinearView Up, LinearView Down)
{
    /// <summary>Creates views of a layer's weights; null if one is not float32 or packed on the CPU.</summary>
    public static StepLayerWeights? TryCreate(
        StreamingMultiheadAttention self, StreamingMultiheadAttention? cross, Linear up, Linear down, LayerNorm selfNorm, LayerNorm? crossNorm, LayerNorm feedForwardNorm)
    {
        static LinearView? Of(Linear? linear) => linear is null ? null : LinearView.Of(linear.Matrix, linear.Bias);
        var projection = LinearView.Of(self.Projection, self.ProjectionBias);
        var (output, first, second, crossOutput) = (Of(self.Output), Of(up), Of(down), Of(cross?.Output));
        var crossProjection = cross is null ? null : LinearView.Of(cross.Projection, cross.ProjectionBias);
        return projection is null || output is null || first is null || second is null || (cross is not null && (crossProjection is null || crossOutput is null))
            || !LayerNormView.Supports(selfNorm) || (crossNorm is not null && !LayerNormView.Supports(crossNorm)) || !LayerNormView.Supports(feedForwardNorm)
            ? null
            : new(
                new(selfNorm), projection, output,
                crossNorm is null ? null : new(crossNorm), crossProjection, crossOutput,
                new(feedForwardNorm), first, second);
    }
}

/// <summary>The matrix and the bias of a linear layer in the layer's own memory.</summary>
internal sealed unsafe class LinearView
{
    private readonly Tensor? biasTensor;

    private LinearView(WeightMatrix matrix, Tensor? bias)
    {
        (Matrix, biasTensor) = (matrix, bias);
        Bias = bias is null ? null : TensorMemory.Float32(bias);
    }

    /// <summary>The matrix [outputs, inputs].</summary>
    public WeightMatrix Matrix { get; }

    /// <summary>The bias [outputs], or null.</summary>
    public float* Bias { get; }

    /// <summary>A view; null if the weights are not float32 or packed on the CPU.</summary>
    public static LinearView? Of(PackableWeight weight, Tensor? bias) =>
        weight.Matrix is { } matrix && (bias is null || TensorMemory.IsFloat32(bias)) ? new LinearView(matrix, bias) : null;

    /// <summary>
    /// Computes the outputs <paramref name="from"/> to <paramref name="to"/> (exclusive) of every input row, bias included:
    /// <c>y[row · stride + output]</c>.
    /// </summary>
    public void Apply(MatrixInput input, float* y, int stride, int from, int to)
    {
        if (from >= to)
        {
            return;
        }

        Matrix.Prepare(input);
        Matrix.Multiply(input, y, stride, from, to);
        for (var row = 0; Bias is not null && row < input.Count; row++)
        {
            for (var o = from; o < to; o++)
            {
                y[((long)row * stride) + o] += Bias[o];
            }
        }

        GC.KeepAlive(biasTensor);
    }
}

/// <summary>Scale and shift of a layer normalization in the layer's own memory.</summary>
internal sealed unsafe class LayerNormView(LayerNorm norm)
{
    /// <summary>Whether the scale and shift are float32 on the CPU.</summary>
    public static bool Supports(LayerNorm norm) => TensorMemory.IsFloat32(norm.Weight) && TensorMemory.IsFloat32(norm.Bias);

    private readonly float* weight = TensorMemory.Float32(norm.Weight);
    private readonly float* bias = TensorMemory.Float32(norm.Bias);

    /// <summary>Normalizes rows of <paramref name="width"/> values.</summary>
    public void Apply(float* x, float* y, int rows, int width)
    {
        for (var row = 0L; row < rows; row++)
        {
            VectorMath.LayerNorm(x + (row * width), weight, bias, y + (row * width), width, (float)LayerNorm.Epsilon);
        }

        GC.KeepAlive(norm);
    }
}
