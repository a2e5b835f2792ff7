using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>A run of elements that tensors are views of; several tensors may share one.</summary>
/// <param name="Bytes">Where its bytes are.</param>
/// <param name="DType">Element type; null if only the tensors say.</param>
/// <param name="Offset">First element (byte, if untyped) within the bytes.</param>
/// <param name="Count">Number of elements (bytes, if untyped).</param>
internal sealed record TorchStorage(TorchBytes Bytes, ScalarType? DType, long Offset, long Count);

/// <summary>
/// A tensor in a file that <c>torch.save</c> wrote: a shape and strides over a storage. The numbers are checked when the pickle is read:
/// every element is inside the storage, and there are no more elements than the storage has.
/// </summary>
public sealed class TorchTensorReference
{
    private readonly TorchStorage storage;
    private readonly long[] shape;
    private readonly long[] strides;
    private readonly long offset;

    private TorchTensorReference(TorchStorage storage, ScalarType type, long offset, long[] shape, long[] strides)
    {
        this.storage = storage;
        this.offset = offset;
        this.shape = shape;
        this.strides = strides;
        Info = new TensorInfo(type, shape);
    }

    /// <summary>Element type and shape.</summary>
    public TensorInfo Info { get; }

    /// <summary><c>_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks[, metadata])</c>; v3 has the dtype before the metadata.</summary>
    internal static TorchTensorReference Rebuild(PickleList arguments, string source)
    {
        if (arguments is not [TorchStorage storage, long offset, PickleList size, PickleList stride, ..] || arguments.Count > 8)
        {
            throw new CheckpointException($"{source}: the pickle rebuilds a tensor of something other than a storage, an offset, a size and a stride.");
        }

        var shape = Numbers(size);
        var strides = Numbers(stride);
        // A tensor that shows the conjugate or the negative of its bytes says so in its metadata.
        if (arguments.Skip(6).Any(a => a is PickleDict { Count: > 0 }))
        {
            throw new CheckpointException($"{source}: a tensor is stored as the negative or conjugate of its bytes, which is not read.");
        }

        var type = storage.DType
            ?? arguments.OfType<ScalarType?>().FirstOrDefault()
            ?? throw new CheckpointException($"{source}: a tensor over untyped bytes does not say its element type.");
        var available = storage.DType is null ? storage.Count / ElementTypes.SizeOf(type) : storage.Count;
        if (shape is null || strides is null || shape.Length != strides.Length || offset < 0 || !ElementTypes.TryCount(shape, out var count)
            || count > available || !Inside(offset, shape, strides, count, available))
        {
            throw new CheckpointException(
                $"{source}: a tensor of size ({string.Join(", ", size.Take(8))}) with strides ({string.Join(", ", stride.Take(8))}) at element {offset} "
                + $"does not fit the {available} elements of its storage.");
        }

        return new TorchTensorReference(storage, type, offset, shape, strides);
    }

    internal Tensor Read()
    {
        using var guard = no_grad();
        var value = empty(shape, dtype: Info.DType);
        try
        {
            ReadInto(value);
            return value;
        }
        catch
        {
            value.Dispose();
            throw;
        }
    }

    internal Tensor? TryMap() => IsContiguous() ? storage.Bytes.TryMap(FirstByte(), Info.DType, shape) : null;

    internal void ReadInto(Tensor destination)
    {
        using var guard = no_grad();
        if (IsContiguous())
        {
            storage.Bytes.ReadInto(FirstByte(), Info.DType, destination);
            return;
        }

        // The stretch of storage that the view touches, then the view of it.
        var last = shape.Zip(strides, (n, step) => (n - 1) * step).Sum();
        using var stretch = empty(last + 1, dtype: Info.DType);
        storage.Bytes.ReadInto(FirstByte(), Info.DType, stretch);
        using var view = stretch.as_strided(shape, strides);
        destination.copy_(view);
    }

    private static long[]? Numbers(PickleList list) =>
        list.Count <= ElementTypes.MaximumDimensions && list.All(n => n is long and >= 0) ? [.. list.Select(n => (long)n!)] : null;

    /// <summary>Whether the farthest element is inside the storage. Sizes and strides are not negative, so it is the one at the end of every dimension.</summary>
    private static bool Inside(long offset, long[] shape, long[] strides, long count, long available)
    {
        if (offset > available)
        {
            return false;
        }

        var room = available - offset - 1;
        for (var d = 0; d < shape.Length && count > 0; d++)
        {
            if (shape[d] > 1 && strides[d] > 0 && strides[d] > room / (shape[d] - 1))
            {
                return false;
            }

            room -= (shape[d] - 1) * strides[d];
        }

        return count == 0 || room >= 0;
    }

    private long FirstByte()
    {
        var size = ElementTypes.SizeOf(Info.DType);
        return (storage.DType is null ? storage.Offset : storage.Offset * size) + (offset * size);
    }

    private bool IsContiguous()
    {
        var expected = 1L;
        for (var d = shape.Length - 1; d >= 0; d--)
        {
            if (shape[d] != 1 && strides[d] != expected && Info.ElementCount > 0)
            {
                return false;
            }

            expected *= Math.Max(shape[d], 1);
        }

        return true;
    }
}
