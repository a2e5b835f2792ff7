using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Kernels;

/// <summary>
/// The matrix of a linear layer, [outputs, inputs] on the CPU, in one of several element types, for products with few rows of activations:
/// each of its rows is read once and multiplied with every row of activations while it is in the L1 cache.
/// </summary>
internal abstract unsafe class WeightMatrix(int outputs, int inputs) : IDisposable
{
    /// <summary>Number of rows.</summary>
    public int Outputs { get; } = outputs;

    /// <summary>Number of columns.</summary>
    public int Inputs { get; } = inputs;

    /// <summary>Bytes that a product reads.</summary>
    public abstract long Bytes { get; }

    /// <summary>Converts a parameter's weights to another precision. The parameter may be disposed of afterwards.</summary>
    public static WeightMatrix Pack(Tensor weight, ModelPrecision precision) => precision switch
    {
        ModelPrecision.BFloat16 => new BFloat16Matrix(weight),
        ModelPrecision.Int8 => new Int8Matrix(weight),
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "BFloat16 or Int8 is expected."),
    };

    /// <summary>Converts the input to the element type that this matrix needs.</summary>
    public virtual void Prepare(MatrixInput activations)
    {
    }

    /// <summary>
    /// Computes the outputs <paramref name="from"/> to <paramref name="to"/> (exclusive) of every row: <c>y[row · stride + output]</c>.
    /// The input must have been prepared by this matrix or one of its type and width.
    /// </summary>
    public abstract void Multiply(MatrixInput activations, float* y, int stride, int from, int to);

    /// <summary>Converts the rows <paramref name="from"/> to <paramref name="to"/> (exclusive) to float32.</summary>
    public abstract void Unpack(float* destination, int from, int to);

    /// <summary>Frees the memory.</summary>
    public abstract void Dispose();
}
