using System.IO.Compression;
using AudioCraft.Layers;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>A range of a file that contains a storage, stored or deflated.</summary>
internal sealed class TorchBytes(CheckpointFile file, string name)
{
    private long start;
    private long packedLength;
    private bool deflated;

    /// <summary>Bytes of uncompressed data.</summary>
    public long Length { get; private set; }

    /// <summary>Sets the range. In the legacy format it is known only after reading the pickle that refers to the storage.</summary>
    public TorchBytes At(long position, long length, long packed, bool isDeflated)
    {
        if (position < 0 || packed < 0 || length < 0 || position > file.Length - packed || (!isDeflated && packed != length))
        {
            throw new CheckpointException($"{file.Path}: {name} has {packed} bytes at offset {position}, which exceed the file size of {file.Length} bytes.");
        }

        (start, Length, packedLength, deflated) = (position, length, packed, isDeflated);
        return this;
    }

    /// <summary>Reads the whole range.</summary>
    public byte[] ReadAll()
    {
        if (!deflated)
        {
            return file.ReadBytes(start, Length);
        }

        using var guard = no_grad();
        using var all = empty(Length, dtype: ScalarType.Byte);
        Inflating(() =>
        {
            using var inflater = Inflater();
            DeflatedStorages.Fill(inflater, all);
        });
        return all.bytes.ToArray();
    }

    /// <summary>Fills a tensor with the elements at an offset in bytes.</summary>
    public void ReadInto(long offset, ScalarType type, Tensor destination)
    {
        var count = destination.numel();
        if (count > (Length - offset) / ElementTypes.SizeOf(type))
        {
            throw new CheckpointException($"{file.Path}: {name} has {Length} bytes, too few for {count} elements of {type} at offset {offset}.");
        }

        if (!deflated)
        {
            file.ReadInto(start + offset, type, destination);
            return;
        }

        // A stored boolean may be any byte, but libtorch requires 0 or 1.
        using var inflated = empty(destination.shape, dtype: type == ScalarType.Bool ? ScalarType.Byte : type);
        using var flat = inflated.view(-1);
        Inflating(() => file.Deflated.Read(this, Length, Inflater, offset, flat));
        using var truth = type == ScalarType.Bool ? inflated.ne(Scalars.Zero) : null;
        destination.copy_(truth ?? inflated);
    }

    /// <summary>A tensor over the memory-mapped file; null if the range is deflated or cannot be mapped.</summary>
    public Tensor? TryMap(long offset, ScalarType type, long[] shape) => deflated ? null : file.TryMap(start + offset, type, shape);

    private DeflateStream Inflater() => new(new CheckpointStream(file, start, packedLength), CompressionMode.Decompress);

    private void Inflating(Action read)
    {
        try
        {
            read();
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new CheckpointException($"{file.Path}: {name} cannot be decompressed: {e.Message}", e);
        }
    }
}
