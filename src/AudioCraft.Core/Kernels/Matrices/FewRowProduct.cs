using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Kernels;

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
        float* x = (float*)WeightMatrix.Data(dense), w = (float*)WeightMatrix.Data(weight), y = (float*)WeightMatrix.Data(result);
        var threads = weight.numel() < WorthThreads ? 1 : Math.Min(get_num_threads(), Environment.ProcessorCount);
        ThreadTeam.Shared.Run(threads, (part, parts) => DotProduct.Multiply(
            w, x, rows, width, y, outputs, (int)((long)outputs * part / parts), (int)((long)outputs * (part + 1) / parts)));
        GC.KeepAlive(weight);
        return result;
    }
}
