using System.Runtime.InteropServices;

namespace AudioCraft.Kernels;

/// <summary>Blocks of native memory that are freed together.</summary>
internal sealed unsafe class NativeArena : IDisposable
{
    private readonly List<nint> blocks = [];

    /// <summary>Allocates <paramref name="count"/> floats, all zero, aligned to a cache line.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    /// <exception cref="OutOfMemoryException">There is not enough memory.</exception>
    public float* Floats(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var bytes = checked((nuint)Math.Max(1, count) * sizeof(float));
        var block = NativeMemory.AlignedAlloc(bytes, 64);
        NativeMemory.Clear(block, bytes);
        blocks.Add((nint)block);
        return (float*)block;
    }

    public void Dispose()
    {
        blocks.ForEach(block => NativeMemory.AlignedFree((void*)block));
        blocks.Clear();
    }
}
