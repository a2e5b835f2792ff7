using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>What is known of a stored tensor without reading its data.</summary>
/// <param name="DType">Element type as stored.</param>
/// <param name="Shape">Size of each dimension; empty for a scalar.</param>
public sealed record TensorInfo(ScalarType DType, IReadOnlyList<long> Shape)
{
    /// <summary>Number of elements.</summary>
    public long ElementCount => Shape.Aggregate(1L, (a, b) => checked(a * b));

    /// <summary>The shape as in <c>[2048, 1536]</c>.</summary>
    public string ShapeText => $"[{string.Join(", ", Shape)}]";
}

/// <summary>
/// Named tensors that can be read one at a time: a safetensors file, the zip that <c>torch.save</c> writes, or a view that renames or computes.
/// Nothing but the index is read on opening; a reader never holds more than one tensor beyond what it returns.
/// </summary>
public abstract class TensorArchive : IDisposable
{
    /// <summary>Where the tensors come from, for messages.</summary>
    public abstract string Source { get; }

    /// <summary>Every tensor by name, in the order of the file.</summary>
    public abstract IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>Reads a tensor as it is stored (same element type), on the CPU, contiguous. The caller owns it.</summary>
    /// <exception cref="CheckpointException">There is no such tensor, or its bytes cannot be read.</exception>
    public abstract Tensor Read(string name);

    /// <summary>
    /// A tensor over the file's memory-mapped bytes, or null where that cannot be had (compressed, strided, misaligned, computed).
    /// Pages are loaded when touched; writing to it never changes the file. It stays valid after the archive is disposed, as long as nobody makes the file shorter. The caller owns it.
    /// </summary>
    public virtual Tensor? TryMap(string name) => null;

    /// <summary>Copies a tensor into <paramref name="destination"/> (same shape, any float type or device), converting in pieces so that little extra memory is used.</summary>
    /// <exception cref="CheckpointException">There is no such tensor, its shape differs, or its bytes cannot be read.</exception>
    public virtual void ReadInto(string name, Tensor destination)
    {
        using var guard = no_grad();
        CheckShape(name, destination);
        using var value = Read(name);
        destination.copy_(value); // returns the destination itself: not another tensor to dispose
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the archive holds.</summary>
    protected virtual void Dispose(bool disposing) { }

    /// <summary>Refuses a destination whose shape is not the stored one.</summary>
    protected void CheckShape(string name, Tensor destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var info = InfoOf(name);
        if (!info.Shape.SequenceEqual(destination.shape))
        {
            throw new CheckpointException(
                $"{Source}: tensor '{name}' has shape {info.ShapeText}, but [{string.Join(", ", destination.shape)}] was expected.");
        }
    }

    /// <summary>The stored facts of a tensor, or a typed error that names it.</summary>
    protected TensorInfo InfoOf(string name) =>
        Tensors.TryGetValue(name, out var info) ? info : throw new CheckpointException($"{Source}: there is no tensor '{name}'.");
}
