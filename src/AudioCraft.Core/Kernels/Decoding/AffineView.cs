using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Kernels;

/// <summary>The matrix of a linear layer and what is added to its products, in plain memory that is the layer's.</summary>
internal sealed unsafe class AffineView
{
    private readonly Tensor? biasTensor;

    private AffineView(WeightMatrix matrix, Tensor? bias)
    {
        (Matrix, biasTensor) = (matrix, bias);
        Bias = bias is null ? null : (float*)WeightMatrix.Data(bias);
    }

    /// <summary>The matrix.</summary>
    public WeightMatrix Matrix { get; }

    /// <summary>One number an output, or null.</summary>
    public float* Bias { get; }

    /// <summary>A view; null where the weights are not float32, or packed, on the CPU.</summary>
    public static AffineView? Of(PackableWeight weight, Tensor? bias) => weight.Matrix is { } matrix ? new AffineView(matrix, bias) : null;

    /// <summary>
    /// Outputs <paramref name="from"/> to <paramref name="to"/> (not with it), bias included, of rows that were set:
    /// <c>y[row · stride + output]</c>.
    /// </summary>
    public void Apply(MatrixInput activations, float* y, int stride, int from, int to)
    {
        if (from >= to)
        {
            return;
        }

        Matrix.Prepare(activations);
        Matrix.Multiply(activations, y, stride, from, to);
        for (var row = 0; Bias is not null && row < activations.Count; row++)
        {
            for (var o = from; o < to; o++)
            {
                y[((long)row * stride) + o] += Bias[o];
            }
        }

        GC.KeepAlive(biasTensor);
    }
}

/// <summary>Scale and shift of a normalisation, in plain memory that is the layer's.</summary>
internal sealed unsafe class NormView(LayerNorm norm)
{
    private readonly float* weight = (float*)WeightMatrix.Data(norm.Weight);
    private readonly float* bias = (float*)WeightMatrix.Data(norm.Bias);

    /// <summary>Normalises rows of <paramref name="width"/>.</summary>
    public void Apply(float* x, float* y, int rows, int width)
    {
        for (var row = 0L; row < rows; row++)
        {
            VectorMath.LayerNorm(x + (row * width), weight, bias, y + (row * width), width, (float)LayerNorm.Epsilon);
        }

        GC.KeepAlive(norm);
    }
}
