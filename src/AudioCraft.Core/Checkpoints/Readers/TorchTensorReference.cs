using System.Globalization;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>A storage: the elements of which tensors are views. Several tensors may share a storage.</summary>
/// <param name="Bytes">Its range of the file.</param>
/// <param name="DType">Element type; null for an untyped storage, whose tensors have their own types.</param>
/// <param name="Offset">First element (byte, if untyped) within the bytes.</param>
/// <param name="Count">Number of elements (bytes, if untyped).</param>
internal sealed record TorchStorage(TorchBytes Bytes, ScalarType? DType, long Offset, long Count);

/// <summary>
/// A tensor in a file written by <c>torch.save</c>: a shape and strides over a storage. They are checked when the pickle is read:
/// every element is inside the storage, and the tensor has at most as many elements as the storage.
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

    /// <summary>The bytes of its storage, the same object for every tensor of a storage.</summary>
    internal TorchBytes Bytes => storage.Bytes;

    /// <summary><c>_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks[, metadata])</c>; v3 has the dtype before the metadata.</summary>
    internal static TorchTensorReference Rebuild(PickleList arguments, string source)
    {
        if (arguments is not [TorchStorage storage, long offset, PickleList size, PickleList stride, ..] || arguments.Count > 8)
        {
            throw new CheckpointException($"{source}: the pickle creates a tensor with unsupported arguments; a storage, an offset, a size and strides are expected.");
        }

        var shape = Numbers(size);
        var strides = Numbers(stride);
        // Views with the conjugate or negative bit are marked in the metadata.
        if (arguments.Skip(6).Any(a => a is PickleDict { Count: > 0 }))
        {
            throw new CheckpointException($"{source}: a tensor is a negated or conjugated view, which is not supported.");
        }

        var type = storage.DType
            ?? arguments.OfType<ScalarType?>().FirstOrDefault()
            ?? throw new CheckpointException($"{source}: a tensor over an untyped storage has no element type.");
        var available = storage.DType is null ? storage.Count / ElementTypes.SizeOf(type) : storage.Count;
        if (shape is null || strides is null || shape.Length != strides.Length || offset < 0 || !ElementTypes.TryCount(shape, out var count)
            || count > available || !Inside(offset, shape, strides, count, available))
        {
            throw new CheckpointException(
                $"{source}: a tensor of size ({Listed(size)}) with strides ({Listed(stride)}) at element {offset} "
                + $"exceeds the {available} elements of its storage.");
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

        // Read the range of the storage that the view covers, then create the view.
        var last = shape.Zip(strides, (n, step) => (n - 1) * step).Sum();
        using var stretch = empty(last + 1, dtype: Info.DType);
        storage.Bytes.ReadInto(FirstByte(), Info.DType, stretch);
        using var view = stretch.as_strided(shape, strides);
        destination.copy_(view);
    }

    private static string Listed(PickleList numbers) => string.Join(", ", numbers.Take(8).Select(n => n is long number ? number.ToString(CultureInfo.InvariantCulture) : "?"));

    private static long[]? Numbers(PickleList list) =>
        list.Count <= ElementTypes.MaximumDimensions && list.All(n => n is long and >= 0) ? [.. list.Select(n => (long)n!)] : null;

    /// <summary>Whether the last element is inside the storage. Sizes and strides are not negative, so it has the last index of every dimension.</summary>
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
