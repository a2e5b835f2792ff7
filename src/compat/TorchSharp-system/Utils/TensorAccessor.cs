using System.Collections;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace TorchSharp.Utils;

/// <summary>The elements of a tensor on the CPU, in order, readable and writable in place whatever its strides are.</summary>
public sealed unsafe class TensorAccessor<T> : IDisposable, IEnumerable<T> where T : unmanaged
{
    private readonly Tensor tensor;
    private readonly T* start;
    private readonly long[] shape;
    private readonly long[] strides;
    private readonly bool contiguous;

    internal TensorAccessor(Tensor tensor)
    {
        this.tensor = tensor;
        start = (T*)tensor.DataPointer();
        shape = tensor.shape;
        strides = tensor.stride();
        contiguous = tensor.is_contiguous();
        Count = tensor.NumberOfElements;
    }

    public long Count { get; }

    public bool IsReadOnly => false;

    /// <summary>One element: an index for each dimension, or a single one that counts them in order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An index lies outside.</exception>
    public T this[params long[] indices]
    {
        get
        {
            var value = start[OffsetOf(indices)];
            GC.KeepAlive(tensor);
            return value;
        }

        set
        {
            start[OffsetOf(indices)] = value;
            GC.KeepAlive(tensor);
        }
    }

    public static bool operator ==(TensorAccessor<T> left, TensorAccessor<T> right) => Equals(left, right);

    public static bool operator !=(TensorAccessor<T> left, TensorAccessor<T> right) => !Equals(left, right);

    public T[] ToArray()
    {
        var array = new T[Count];
        CopyTo(array);
        return array;
    }

    public Array ToNDArray()
    {
        var array = Array.CreateInstance(typeof(T), shape);
        if (Count > 0)
        {
            var flat = ToArray();
            Buffer.MemoryCopy(
                Unsafe.AsPointer(ref flat[0]),
                Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(array)),
                flat.LongLength * sizeof(T),
                flat.LongLength * sizeof(T));
        }

        return array;
    }

    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0L) => CopyTo(array.AsSpan(), arrayIndex, tensorIndex);

    /// <summary>Copies from <paramref name="tensorIndex"/> on, until the elements end or the array is full.</summary>
    public void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0L)
    {
        var target = array[arrayIndex..];
        var length = (int)Math.Min(target.Length, Math.Max(Count - tensorIndex, 0));
        if (contiguous)
        {
            new ReadOnlySpan<T>(start + tensorIndex, length).CopyTo(target);
        }
        else
        {
            for (var i = 0; i < length; i++)
            {
                target[i] = start[OffsetOf(tensorIndex + i)];
            }
        }

        GC.KeepAlive(tensor);
    }

    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0L) => CopyFrom((ReadOnlySpan<T>)array, arrayIndex, tensorIndex);

    /// <summary>Overwrites elements from <paramref name="tensorIndex"/> on, until they or the array end.</summary>
    public void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0L)
    {
        var source = array[arrayIndex..];
        var length = (int)Math.Min(source.Length, Math.Max(Count - tensorIndex, 0));
        for (var i = 0; i < length; i++)
        {
            start[OffsetOf(tensorIndex + i)] = source[i];
        }

        GC.KeepAlive(tensor);
    }

    public IEnumerator<T> GetEnumerator()
    {
        for (long i = 0; i < Count; i++)
        {
            yield return At(i);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override bool Equals(object? obj) => obj is TensorAccessor<T> other && Count == other.Count && this.SequenceEqual(other);

    public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);

    /// <summary>Nothing to release: the elements are the tensor's.</summary>
    public void Dispose()
    {
    }

    private T At(long index)
    {
        var value = start[OffsetOf(index)];
        GC.KeepAlive(tensor);
        return value;
    }

    private long OffsetOf(long[] indices)
    {
        if (indices.Length == 1 && shape.Length != 1)
        {
            return indices[0] >= 0 && indices[0] < Count ? OffsetOf(indices[0]) : throw Outside(indices);
        }

        if (indices.Length != shape.Length)
        {
            throw new ArgumentException($"{indices.Length} indices were given for {shape.Length} dimensions.", nameof(indices));
        }

        long offset = 0;
        for (var i = 0; i < indices.Length; i++)
        {
            if (indices[i] < 0 || indices[i] >= shape[i])
            {
                throw Outside(indices);
            }

            offset += indices[i] * strides[i];
        }

        return offset;
    }

    private long OffsetOf(long index)
    {
        if (contiguous)
        {
            return index;
        }

        long offset = 0;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            index = Math.DivRem(index, shape[i], out var place);
            offset += place * strides[i];
        }

        return offset;
    }

    private ArgumentOutOfRangeException Outside(long[] indices) =>
        new(nameof(indices), $"[{string.Join(", ", indices)}] lies outside the shape [{string.Join(", ", shape)}].");
}
