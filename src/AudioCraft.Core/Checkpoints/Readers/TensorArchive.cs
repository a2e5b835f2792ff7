using System.Globalization;
using AudioCraft.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>Element type and shape of a stored tensor.</summary>
/// <param name="DType">Element type as stored.</param>
/// <param name="Shape">Size of each dimension; empty for a scalar.</param>
public sealed record TensorInfo(ScalarType DType, IReadOnlyList<long> Shape)
{
    /// <summary>Number of elements.</summary>
    public long ElementCount => Shape.Aggregate(1L, (a, b) => checked(a * b));

    /// <summary>The shape as text, such as <c>[2048, 1536]</c>.</summary>
    public string ShapeText => $"[{string.Join(", ", Shape)}]";
}

/// <summary>
/// Named tensors that are read one at a time: a safetensors file, a file written by <c>torch.save</c>, or a view of another archive.
/// Opening reads only the index.
/// </summary>
public abstract class TensorArchive : IDisposable
{
    /// <summary>The file, for messages.</summary>
    public abstract string Source { get; }

    /// <summary>Every tensor by name, in the order of the file.</summary>
    public abstract IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>Reads a tensor with its stored element type into a contiguous CPU tensor. The caller owns it.</summary>
    /// <exception cref="CheckpointException">There is no such tensor, or its bytes cannot be read.</exception>
    public abstract Tensor Read(string name);

    /// <summary>
    /// A tensor over the memory-mapped file, or null if that is not possible (compressed, strided, misaligned or computed tensors). The caller owns it.
    /// Writing to it does not change the file. It stays valid after the archive is disposed. Truncating the file while it is mapped ends the process when a missing
    /// page is read; replace model files by renaming a new file, or set <see cref="PretrainedOptions.MemoryMap"/> to false.
    /// </summary>
    public virtual Tensor? TryMap(string name) => null;

    /// <summary>Copies a tensor into <paramref name="destination"/> (same shape, any float type or device), converting in blocks to use little additional memory.</summary>
    /// <exception cref="CheckpointException">There is no such tensor, its shape differs, or its bytes cannot be read.</exception>
    public virtual void ReadInto(string name, Tensor destination)
    {
        using var guard = no_grad();
        CheckShape(name, destination);
        using var value = Read(name);
        destination.copy_(value);
    }

    /// <summary>
    /// Number of elements that the file holds. Tensors that share a storage count only once, up to the size of the storage, so that memory allocated
    /// for this many elements is proportional to the file.
    /// </summary>
    internal long StoredElementCount()
    {
        var total = 0L;
        var bytesLeft = new Dictionary<object, long>(ReferenceEqualityComparer.Instance);
        foreach (var (name, info) in Tensors)
        {
            foreach (var (storage, storageBytes, elements) in StoragesOf(name))
            {
                var size = ElementTypes.SizeOf(info.DType);
                var left = bytesLeft.GetValueOrDefault(storage, storageBytes);
                var counted = Math.Min(elements, left / size);
                bytesLeft[storage] = left - (counted * size);
                total += counted;
            }
        }

        return total;
    }

    /// <summary>Checks that a model has no more weights than the file holds, before the model is allocated.</summary>
    /// <param name="needed">The number of weights.</param>
    /// <param name="model">What the configuration describes, for the error: "codec".</param>
    /// <exception cref="CheckpointException">It has more.</exception>
    internal void CheckHolds(double needed, string model)
    {
        var stored = StoredElementCount();
        if (needed > stored)
        {
            throw new CheckpointException(string.Create(CultureInfo.InvariantCulture,
                $"{Source}: the configuration describes a {model} of {needed:N0} weights, but the file holds only {stored:N0}. Tensors that share a storage count once."));
        }
    }

    /// <summary>The storages that a tensor is read from, each with its size in bytes and the number of elements read from it.</summary>
    internal virtual IEnumerable<(object Storage, long StorageBytes, long Elements)> StoragesOf(string name)
    {
        var info = InfoOf(name);
        return [(info, checked(info.ElementCount * ElementTypes.SizeOf(info.DType)), info.ElementCount)];
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the resources of the archive.</summary>
    protected virtual void Dispose(bool disposing) { }

    /// <summary>Checks that a destination has the shape of the stored tensor.</summary>
    protected void CheckShape(string name, Tensor destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var info = InfoOf(name);
        if (!info.Shape.SequenceEqual(destination.shape))
        {
            throw new CheckpointException(
                $"{Source}: tensor '{PrintableText.Of(name)}' has shape {info.ShapeText}, but [{string.Join(", ", destination.shape)}] was expected.");
        }
    }

    /// <summary>Element type and shape of a tensor.</summary>
    /// <exception cref="CheckpointException">There is no such tensor.</exception>
    protected TensorInfo InfoOf(string name) =>
        Tensors.TryGetValue(name, out var info) ? info : throw new CheckpointException($"{Source}: there is no tensor '{PrintableText.Of(name)}'.");
}
