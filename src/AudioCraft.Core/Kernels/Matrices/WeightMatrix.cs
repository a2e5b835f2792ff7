using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Kernels;

/// <summary>
/// The matrix of a linear layer, [outputs, inputs] on the CPU, in an element type of its own, for products with few rows of activations:
/// each row of it is read once, and multiplied with every row of activations while it is in the nearest cache.
/// </summary>
internal abstract unsafe class WeightMatrix(int outputs, int inputs) : IDisposable
{
    /// <summary>Rows.</summary>
    public int Outputs { get; } = outputs;

    /// <summary>Columns.</summary>
    public int Inputs { get; } = inputs;

    /// <summary>Bytes that a product reads.</summary>
    public abstract long Bytes { get; }

    /// <summary>A parameter's weights in another precision. The parameter may be disposed of afterwards.</summary>
    public static WeightMatrix Pack(Tensor weight, ModelPrecision precision) => precision switch
    {
        ModelPrecision.BFloat16 => new BFloat16Matrix(weight),
        ModelPrecision.Int8 => new Int8Matrix(weight),
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "bfloat16 or int8 is expected."),
    };

    /// <summary>Prepares activations for products with this matrix; those that it takes as they are need nothing.</summary>
    public virtual void Prepare(MatrixInput activations)
    {
    }

    /// <summary>
    /// Outputs <paramref name="from"/> to <paramref name="to"/> (not with it) of every row: <c>y[row · stride + output]</c>.
    /// The activations must have been prepared by this matrix, or one of its kind and width.
    /// </summary>
    public abstract void Multiply(MatrixInput activations, float* y, int stride, int from, int to);

    /// <summary>Rows <paramref name="from"/> to <paramref name="to"/> (not with it) as float32.</summary>
    public abstract void Unpack(float* destination, int from, int to);

    /// <summary>Releases the memory.</summary>
    public abstract void Dispose();

    /// <summary>Where a contiguous CPU tensor's elements are. Its memory is libtorch's and does not move.</summary>
    internal static byte* Data(Tensor tensor) => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));
}
