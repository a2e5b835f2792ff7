using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Layers;

/// <summary>
/// <c>x Wᵀ</c> for few rows of x, on a CPU in float32, at the speed at which memory delivers the weights: each row of the weights is read once
/// and multiplied with every row of x while it is in the nearest cache. The rows of the weights are shared out among threads.
/// libtorch takes a general matrix product, which is several times slower (benchmarks/README.md).
/// </summary>
internal static unsafe class FewRowProduct
{
    /// <summary>Below this many weights, waking threads costs more than they save.</summary>
    private const long WorthThreads = 1 << 16;

    /// <summary>Whether it can be used: contiguous float32 on the CPU, where spans can reach all of it.</summary>
    public static bool Takes(Tensor input, Tensor weight) =>
        weight.dtype == ScalarType.Float32 && input.dtype == ScalarType.Float32
        && weight.device_type == DeviceType.CPU && input.device_type == DeviceType.CPU
        && weight.numel() <= int.MaxValue / sizeof(float) && weight.is_contiguous();

    /// <summary>[rows, in] and [out, in] → [rows, out]. The caller owns the result.</summary>
    public static Tensor Multiply(Tensor input, Tensor weight)
    {
        using var dense = input.contiguous();
        var (rows, width, outputs) = ((int)dense.size(0), (int)dense.size(1), (int)weight.size(0));
        var result = empty([rows, outputs], dtype: ScalarType.Float32);
        float* x = Data(dense), w = Data(weight), y = Data(result);
        var threads = weight.numel() < WorthThreads ? 1 : Math.Min(get_num_threads(), Environment.ProcessorCount);
        ThreadTeam.Shared.Run(threads, (part, parts) => Multiply(x, w, y, rows, width, outputs, part, parts));
        GC.KeepAlive(weight);
        return result;
    }

    // Tensors' memory is libtorch's and does not move, so a reference to it may become a pointer.
    private static float* Data(Tensor tensor) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));

    private static void Multiply(float* x, float* w, float* y, int rows, int width, int outputs, int part, int parts)
    {
        var from = (int)((long)outputs * part / parts);
        var to = (int)((long)outputs * (part + 1) / parts);
        for (var o = from; o < to; o++)
        {
            var weights = w + ((long)o * width);
            var row = 0;
            for (; row + 1 < rows; row += 2)
            {
                (y[((long)row * outputs) + o], y[((long)(row + 1) * outputs) + o]) = Dot(weights, x + ((long)row * width), x + ((long)(row + 1) * width), width);
            }

            if (row < rows)
            {
                y[((long)row * outputs) + o] = Dot(weights, x + ((long)row * width), width);
            }
        }
    }

    private static (float First, float Second) Dot(float* w, float* a, float* b, int width)
    {
        Vector<float> a0 = default, a1 = default, b0 = default, b1 = default;
        var i = 0;
        for (; i + (2 * Vector<float>.Count) <= width; i += 2 * Vector<float>.Count)
        {
            var w0 = Vector.Load(w + i);
            var w1 = Vector.Load(w + i + Vector<float>.Count);
            a0 = Vector.FusedMultiplyAdd(w0, Vector.Load(a + i), a0);
            a1 = Vector.FusedMultiplyAdd(w1, Vector.Load(a + i + Vector<float>.Count), a1);
            b0 = Vector.FusedMultiplyAdd(w0, Vector.Load(b + i), b0);
            b1 = Vector.FusedMultiplyAdd(w1, Vector.Load(b + i + Vector<float>.Count), b1);
        }

        var (first, second) = (Vector.Sum(a0 + a1), Vector.Sum(b0 + b1));
        for (; i < width; i++)
        {
            first += w[i] * a[i];
            second += w[i] * b[i];
        }

        return (first, second);
    }

    private static float Dot(float* w, float* a, int width)
    {
        Vector<float> s0 = default, s1 = default, s2 = default, s3 = default;
        var i = 0;
        for (; i + (4 * Vector<float>.Count) <= width; i += 4 * Vector<float>.Count)
        {
            s0 = Vector.FusedMultiplyAdd(Vector.Load(w + i), Vector.Load(a + i), s0);
            s1 = Vector.FusedMultiplyAdd(Vector.Load(w + i + Vector<float>.Count), Vector.Load(a + i + Vector<float>.Count), s1);
            s2 = Vector.FusedMultiplyAdd(Vector.Load(w + i + (2 * Vector<float>.Count)), Vector.Load(a + i + (2 * Vector<float>.Count)), s2);
            s3 = Vector.FusedMultiplyAdd(Vector.Load(w + i + (3 * Vector<float>.Count)), Vector.Load(a + i + (3 * Vector<float>.Count)), s3);
        }

        var sum = Vector.Sum((s0 + s1) + (s2 + s3));
        for (; i < width; i++)
        {
            sum += w[i] * a[i];
        }

        return sum;
    }
}
