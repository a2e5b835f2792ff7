using System.IO.Compression;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>A stretch of a file that holds a storage: as it is, or deflated.</summary>
internal sealed class TorchBytes(CheckpointFile file, string name)
{
    private const int SkipBytes = 64 << 10;

    private long start;
    private long packedLength;
    private bool deflated;

    /// <summary>Bytes of data, once inflated.</summary>
    public long Length { get; private set; }

    /// <summary>Says where the bytes are. In the older format that is known only after the pickle that refers to them.</summary>
    public TorchBytes At(long position, long length, long packed, bool isDeflated)
    {
        if (position < 0 || packed < 0 || length < 0 || position > file.Length - packed || (!isDeflated && packed != length))
        {
            throw new CheckpointException($"{file.Path}: {name} claims {packed} bytes at {position}, beyond the end of the file at {file.Length}.");
        }

        (start, Length, packedLength, deflated) = (position, length, packed, isDeflated);
        return this;
    }

    /// <summary>All of it, in memory.</summary>
    public byte[] ReadAll()
    {
        if (!deflated)
        {
            return file.ReadBytes(start, Length);
        }

        using var guard = no_grad();
        using var all = empty(Length, dtype: ScalarType.Byte);
        Inflate(0, all);
        return all.bytes.ToArray();
    }

    /// <summary>Fills a tensor from the elements at a byte.</summary>
    public void ReadInto(long offset, ScalarType type, Tensor destination)
    {
        var count = destination.numel();
        if (count > (Length - offset) / ElementTypes.SizeOf(type))
        {
            throw new CheckpointException($"{file.Path}: {name} has {Length} bytes, too few for {count} elements of {type} at {offset}.");
        }

        if (!deflated)
        {
            file.ReadInto(start + offset, type, destination);
            return;
        }

        // A byte other than 0 and 1 is not a bool to libtorch.
        using var inflated = empty(destination.shape, dtype: type == ScalarType.Bool ? ScalarType.Byte : type);
        using var flat = inflated.view(-1);
        Inflate(offset, flat);
        using var truth = type == ScalarType.Bool ? inflated.ne(0) : null;
        destination.copy_(truth ?? inflated);
    }

    /// <summary>A view of the file's pages, where the bytes are there as they are.</summary>
    public Tensor? TryMap(long offset, ScalarType type, long[] shape) => deflated ? null : file.TryMap(start + offset, type, shape);

    private void Inflate(long offset, Tensor destination)
    {
        try
        {
            using var inflater = new DeflateStream(new CheckpointStream(file, start, packedLength), CompressionMode.Decompress);
            var skip = new byte[Math.Min(offset, SkipBytes)];
            for (var left = offset; left > 0; left -= Math.Min(left, skip.Length))
            {
                inflater.ReadExactly(skip, 0, (int)Math.Min(left, skip.Length));
            }

            const long Run = 64 << 20;
            for (long done = 0; done < destination.numel(); done += Run)
            {
                using var part = destination.narrow(0, done, Math.Min(Run, destination.numel() - done));
                inflater.ReadExactly(part.bytes);
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new CheckpointException($"{file.Path}: {name} cannot be inflated: {e.Message}", e);
        }
    }
}
