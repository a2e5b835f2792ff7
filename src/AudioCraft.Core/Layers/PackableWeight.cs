using AudioCraft.Kernels;
using TorchSharp.Modules;
using TorchSharp;
using static TorchSharp.torch.nn;
using static TorchSharp.torch;

namespace AudioCraft.Layers;

/// <summary>
/// The matrix of a linear layer: a parameter or, once packed, weights of lower precision that replace it.
/// Packing frees the parameter's memory, so that a packed weight can no longer be trained, moved or saved.
/// </summary>
/// <param name="parameter">Returns the module's parameter, which changes when the module is moved to another device or type.</param>
internal sealed unsafe class PackableWeight(Func<Parameter> parameter) : IDisposable
{
    /// <summary>Number of rows up to which a packed matrix is multiplied directly; for more rows it is faster to unpack it for a general product.</summary>
    private const long FewRows = 64;

    [ThreadStatic]
    private static MatrixInput? prepared;

    private WeightMatrix? packed;

    /// <summary>Whether the weights are packed.</summary>
    public bool IsPacked => packed is not null;

    /// <summary>The weights for the CPU kernels; null if they are not float32 or packed on the CPU. The parameter must keep its storage while they are in use.</summary>
    public WeightMatrix? Matrix => packed ?? (IsPlain ? new Float32Matrix(Weight) : null);

    private Parameter Weight => parameter();

    private bool IsPlain => TensorMemory.IsFloat32(Weight);

    /// <summary>Replaces the parameter's weights by weights of another precision.</summary>
    /// <exception cref="InvalidOperationException">The weights are not float32 on the CPU, or already packed.</exception>
    public void Pack(ModelPrecision precision)
    {
        if (IsPacked || !IsPlain)
        {
            throw new InvalidOperationException("Only float32 weights on the CPU can be packed, and only once.");
        }

        using var guard = no_grad();
        packed = WeightMatrix.Pack(Weight, precision);
        using var nothing = empty([0], dtype: ScalarType.Float32);
        Weight.set_(nothing);
    }

    /// <summary>[…, in] → […, count], the product with <paramref name="count"/> rows of the matrix from row <paramref name="from"/>, with a bias [count] or null. The caller owns the result.</summary>
    public Tensor Linear(Tensor input, Tensor? bias, long from, long count)
    {
        if (packed is null)
        {
            return MatrixProduct.Linear(input, Weight.narrow(0, from, count), bias);
        }

        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var shape = input.shape;
        shape[^1] = count;
        var rows = input.reshape(-1, packed.Inputs).contiguous();
        if (rows.size(0) > FewRows)
        {
            var unpacked = empty([count, packed.Inputs], dtype: ScalarType.Float32);
            packed.Unpack(TensorMemory.Float32(unpacked), (int)from, (int)(from + count));
            return functional.linear(rows, unpacked, bias!).reshape(shape).MoveToOuterDisposeScope();
        }

        var product = empty([rows.size(0), count], dtype: ScalarType.Float32);
        Multiply(TensorMemory.Float32(rows), (int)rows.size(0), TensorMemory.Float32(product), (int)from, (int)count);
        return (bias is null ? product : product.add_(bias, Scalars.One)).reshape(shape).MoveToOuterDisposeScope();
    }

    /// <summary>[…, in] → […, out], the product with the whole matrix, with a bias [out] or null. The caller owns the result.</summary>
    public Tensor Linear(Tensor input, Tensor? bias) =>
        packed is null ? MatrixProduct.Linear(input, Weight, bias) : Linear(input, bias, 0, packed.Outputs);

    public void Dispose() => packed?.Dispose();

    private void Multiply(float* x, int rows, float* y, int from, int count)
    {
        var matrix = packed!;
        var activations = (prepared ??= new MatrixInput()).Set(x, rows, matrix.Inputs);
        matrix.Prepare(activations);
        var threads = Math.Min(get_num_threads(), Environment.ProcessorCount);
        ThreadTeam.Shared.Run(threads, (part, parts) => matrix.Multiply(
            activations, y - from, count, from + (int)((long)count * part / parts), from + (int)((long)count * (part + 1) / parts)));
    }
}
