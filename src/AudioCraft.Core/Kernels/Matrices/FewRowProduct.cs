using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Kernels;

/// <summary>
/// <c>x Wᵀ</c> for few rows of x, in float32 on the CPU. Each row of the weights is read once
/// and multiplied with every row of x while it is in the L1 cache, so the memory bandwidth limits the speed. Threads share the rows of the weights.
/// libtorch's general matrix product is several times slower for few rows.
/// </summary>
internal static unsafe class FewRowProduct
{
    /// <summary>Number of weights from which threads are worth their overhead.</summary>
    private const long WeightsForThreads = 1 << 16;

    /// <summary>Whether the kernel supports the tensors: contiguous float32 on the CPU, within the size of a span.</summary>
    public static bool Supports(Tensor input, Tensor weight) =>
        weight.dtype == ScalarType.Float32 && input.dtype == ScalarType.Float32
        && weight.device_type == DeviceType.CPU && input.device_type == DeviceType.CPU
        && weight.numel() <= int.MaxValue / sizeof(float) && weight.is_contiguous();

    /// <summary>[rows, in] and [out, in] → [rows, out]. The caller owns the result.</summary>
    public static Tensor Multiply(Tensor input, Tensor weight)
    {
        using var dense = input.contiguous();
        var (rows, width, outputs) = ((int)dense.size(0), (int)dense.size(1), (int)weight.size(0));
        var result = empty([rows, outputs], dtype: ScalarType.Float32);
        float* x = TensorMemory.Float32(dense), w = TensorMemory.Float32(weight), y = TensorMemory.Float32(result);
        var threads = weight.numel() < WeightsForThreads ? 1 : Math.Min(get_num_threads(), Environment.ProcessorCount);
        ThreadTeam.Shared.Run(threads, (part, parts) => DotProduct.Multiply(
            w, x, rows, width, y, outputs, (int)((long)outputs * part / parts), (int)((long)outputs * (part + 1) / parts)));
        GC.KeepAlive(weight);
        return result;
    }
}
