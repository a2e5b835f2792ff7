using System.Runtime.InteropServices;

namespace AudioCraft.Kernels;

/// <summary>Native memory, given back all at once.</summary>
internal sealed unsafe class PlainMemory : IDisposable
{
    private readonly List<nint> blocks = [];

    /// <summary>Room for numbers, which are zero, where a line of the cache begins.</summary>
    public float* Floats(int count)
    {
        var bytes = (nuint)Math.Max(1, count) * sizeof(float);
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
