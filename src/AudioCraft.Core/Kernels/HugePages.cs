using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Kernels;

/// <summary>
/// Memory for weights in pages of two megabytes (Linux's transparent huge pages): a product that reads all weights
/// once then has fewer TLB misses.
/// </summary>
internal static unsafe partial class HugePages
{
    private const nuint Size = 2 << 20;
    private const int AdviseHugePage = 14;

    /// <summary>Creates an uninitialized tensor on the CPU, outside dispose scopes.</summary>
    public static Tensor Empty(long[] shape, ScalarType dtype)
    {
        var tensor = empty(shape, dtype: dtype).DetachFromDisposeScope();
        Advise(tensor);
        return tensor;
    }

    /// <summary>Requests such pages for a contiguous CPU tensor that has not been written to yet.</summary>
    public static void Advise(Tensor tensor)
    {
        var bytes = tensor.numel() * tensor.element_size();
        if (!OperatingSystem.IsLinux() || bytes < 2 * (long)Size || bytes > int.MaxValue)
        {
            return;
        }

        var start = ((nuint)TensorMemory.Bytes(tensor) + Size - 1) / Size * Size;
        var end = ((nuint)TensorMemory.Bytes(tensor) + (nuint)bytes) / Size * Size;

        // A failure affects only speed.
        _ = MemoryAdvise(start, end - start, AdviseHugePage);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MemoryAdvise(nuint address, nuint length, int advice);
}
