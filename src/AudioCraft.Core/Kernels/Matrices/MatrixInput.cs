using System.Runtime.InteropServices;

namespace AudioCraft.Kernels;

/// <summary>The input rows of a product with a <see cref="WeightMatrix"/>, and buffers for the element type that the matrix needs. Each thread has its own.</summary>
internal sealed unsafe class MatrixInput : IDisposable
{
    private float* scales;
    private short* rounded;
    private long scalesCapacity;
    private long roundedCapacity;

    /// <summary>The rows, float32.</summary>
    public float* Rows { get; private set; }

    /// <summary>Number of rows.</summary>
    public int Count { get; private set; }

    /// <summary>Length of a row.</summary>
    public int Width { get; private set; }

    /// <summary>The rows as int16, <see cref="RoundedStride"/> elements apart.</summary>
    public short* Rounded => rounded;

    /// <summary>The scale of each row of <see cref="Rounded"/>.</summary>
    public float* Scales => scales;

    /// <summary>Length of a rounded row: a multiple of <see cref="Int8DotProduct.Group"/>, with zeros at its end.</summary>
    public int RoundedStride { get; private set; }

    /// <summary>Sets the rows, which are contiguous.</summary>
    public MatrixInput Set(float* rows, int count, int width)
    {
        Rows = rows;
        (Count, Width) = (count, width);
        return this;
    }

    /// <summary>Rounds the rows to int16, each with its own scale.</summary>
    public void Round()
    {
        RoundedStride = (Width + Int8DotProduct.Group - 1) / Int8DotProduct.Group * Int8DotProduct.Group;
        Reserve(ref rounded, ref roundedCapacity, (long)Count * RoundedStride);
        Reserve(ref scales, ref scalesCapacity, Count);
        for (var row = 0; row < Count; row++)
        {
            var values = new ReadOnlySpan<float>(Rows + ((long)row * Width), Width);
            var own = new Span<short>(rounded + ((long)row * RoundedStride), RoundedStride);
            var largest = VectorMath.LargestMagnitude(values);
            scales[row] = largest / short.MaxValue;
            VectorMath.Round(values, largest > 0 ? short.MaxValue / largest : 0, own);
            own[Width..].Clear();
        }
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(rounded);
        NativeMemory.AlignedFree(scales);
        rounded = null;
        scales = null;
        (roundedCapacity, scalesCapacity) = (0, 0);
    }

    private static void Reserve<T>(ref T* memory, ref long capacity, long count)
        where T : unmanaged
    {
        if (capacity < count)
        {
            NativeMemory.AlignedFree(memory);
            memory = null;
            capacity = 0;
            memory = (T*)NativeMemory.AlignedAlloc((nuint)(count * sizeof(T)), 64);
            capacity = count;
        }
    }
}
