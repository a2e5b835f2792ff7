using Microsoft.Win32.SafeHandles;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>
/// A file of tensor data: reads bytes at a position, within bounds, to managed memory or to a tensor.
/// All errors of the file are <see cref="CheckpointException"/>s. Reading is thread-safe.
/// </summary>
internal sealed class CheckpointFile : IDisposable
{
    /// <summary>Bytes converted at a time.</summary>
    private const int PieceBytes = 4 << 20;

    /// <summary>Bytes read at a time without conversion: below the 2 GB limit of a span.</summary>
    private const int RunBytes = 256 << 20;

    private readonly SafeFileHandle handle;
    private readonly Dictionary<ScalarType, Tensor> maps = [];

    public CheckpointFile(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        try
        {
            handle = File.OpenHandle(Path);
            Length = RandomAccess.GetLength(handle);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            handle?.Dispose();
            throw new CheckpointException($"{path} cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>Bytes in the file when it was opened.</summary>
    public long Length { get; }

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offset"/>.</summary>
    /// <exception cref="CheckpointException">The file ends before the buffer is full, or the disk fails.</exception>
    public void ReadExactly(Span<byte> buffer, long offset)
    {
        if (offset < 0 || offset > Length - buffer.Length)
        {
            throw new CheckpointException($"{Path}: {buffer.Length} bytes at {offset} are beyond its end at {Length}.");
        }

        try
        {
            while (buffer.Length > 0)
            {
                var read = RandomAccess.Read(handle, buffer, offset);
                if (read == 0)
                {
                    throw new CheckpointException($"{Path} was truncated while it was being read.");
                }

                buffer = buffer[read..];
                offset += read;
            }
        }
        catch (IOException e)
        {
            throw new CheckpointException($"{Path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads <paramref name="count"/> bytes into a new array.</summary>
    public byte[] ReadBytes(long offset, long count)
    {
        if (count < 0 || count > Math.Min(Length, Array.MaxLength) || offset < 0 || offset > Length - count)
        {
            throw new CheckpointException($"{Path}: {count} bytes at {offset} are beyond its end at {Length}.");
        }

        var bytes = new byte[count];
        ReadExactly(bytes, offset);
        return bytes;
    }

    /// <summary>Fills a tensor of any float type, layout and device with the elements stored contiguously from <paramref name="offset"/>.</summary>
    /// <param name="offset">Where the first element starts; it need not be aligned.</param>
    /// <param name="stored">Element type in the file (little-endian).</param>
    /// <param name="destination">The tensor to fill; its shape gives the number of elements.</param>
    public void ReadInto(long offset, ScalarType stored, Tensor destination)
    {
        using var guard = no_grad();
        var count = destination.numel();
        ElementTypes.CheckRange(this, offset, stored, count);
        if (count == 0)
        {
            return;
        }

        if (!destination.is_contiguous())
        {
            using var whole = empty(destination.shape, dtype: stored);
            ReadInto(offset, stored, whole);
            destination.copy_(whole);
            return;
        }

        using var flat = destination.view(-1);
        if (flat.dtype == stored && flat.device_type == DeviceType.CPU && stored != ScalarType.Bool)
        {
            ReadRuns(offset, stored, flat, count);
        }
        else
        {
            ReadPieces(offset, stored, flat, count);
        }
    }

    /// <summary>A view of the file's own pages, or null if the elements are not aligned. Pages are private: writing to them does not change the file.</summary>
    public Tensor? TryMap(long offset, ScalarType stored, ReadOnlySpan<long> shape)
    {
        var size = ElementTypes.SizeOf(stored);
        var count = ElementTypes.Count(shape);
        ElementTypes.CheckRange(this, offset, stored, count);
        if (offset % size != 0 || count == 0 || stored == ScalarType.Bool || !BitConverter.IsLittleEndian)
        {
            return null;
        }

        using var guard = no_grad();
        lock (maps)
        {
            if (!maps.TryGetValue(stored, out var map))
            {
                map = from_file(Path, shared: false, size: Length / size, dtype: stored).DetachFromDisposeScope();
                maps.Add(stored, map);
            }

            using var range = map.narrow(0, offset / size, count);
            return range.view(shape.ToArray());
        }
    }

    /// <summary>Closes the file. Tensors that were mapped from it stay valid.</summary>
    public void Dispose()
    {
        handle.Dispose();
        lock (maps)
        {
            foreach (var map in maps.Values)
            {
                map.Dispose();
            }

            maps.Clear();
        }
    }

    private void ReadRuns(long offset, ScalarType stored, Tensor flat, long count)
    {
        var size = ElementTypes.SizeOf(stored);
        var run = RunBytes / size;
        for (long done = 0; done < count; done += run)
        {
            using var part = flat.narrow(0, done, Math.Min(run, count - done));
            ReadExactly(part.bytes, offset + (done * size));
        }
    }

    private void ReadPieces(long offset, ScalarType stored, Tensor flat, long count)
    {
        var size = ElementTypes.SizeOf(stored);
        // A byte other than 0 and 1 is not a bool to libtorch: read as bytes, then compare.
        var carrier = stored == ScalarType.Bool ? ScalarType.Byte : stored;
        var piece = (int)Math.Min(PieceBytes / size, count);
        using var buffer = empty(piece, dtype: carrier);
        for (long done = 0; done < count; done += piece)
        {
            var length = Math.Min(piece, count - done);
            using var source = buffer.narrow(0, 0, length);
            using var target = flat.narrow(0, done, length);
            ReadExactly(source.bytes, offset + (done * size));
            if (stored == ScalarType.Bool)
            {
                using var truth = source.ne(0);
                target.copy_(truth);
            }
            else
            {
                target.copy_(source);
            }
        }
    }
}
