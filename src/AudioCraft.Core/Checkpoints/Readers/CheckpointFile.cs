using AudioCraft.Layers;
using Microsoft.Win32.SafeHandles;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>
/// An open file of a checkpoint: reads bytes at a position, within bounds, to managed memory or to a tensor. One handle is used from opening to the last read,
/// so a file that is replaced by renaming in the meantime does not change what is read.
/// Errors are reported as <see cref="CheckpointException"/>. Reading is thread-safe.
/// </summary>
internal sealed class CheckpointFile : IDisposable
{
    /// <summary>Size of the blocks in which elements are converted.</summary>
    private const int PieceBytes = 4 << 20;

    /// <summary>Size of the blocks in which elements are read without conversion, below the 2 GB limit of a span.</summary>
    private const int RunBytes = 256 << 20;

    private readonly SafeFileHandle handle;
    private readonly bool memoryMap;
    private readonly Dictionary<ScalarType, Tensor> maps = [];

    /// <param name="path">The file.</param>
    /// <param name="memoryMap">Whether <see cref="TryMap"/> may map the file.</param>
    /// <exception cref="CheckpointException">The file cannot be opened.</exception>
    public CheckpointFile(string path, bool memoryMap = true)
    {
        this.memoryMap = memoryMap;
        Path = System.IO.Path.GetFullPath(path);
        try
        {
            handle = File.OpenHandle(Path);
            Length = RandomAccess.GetLength(handle);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            handle?.Dispose();
            throw new CheckpointException($"'{path}' cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>Bytes in the file when it was opened.</summary>
    public long Length { get; }

    /// <summary>Reads the deflated storages of the file.</summary>
    public DeflatedStorages Deflated { get; } = new();

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offset"/>.</summary>
    /// <exception cref="CheckpointException">The file ends before the buffer is full, or the disk fails.</exception>
    public void ReadExactly(Span<byte> buffer, long offset)
    {
        if (offset < 0 || offset > Length - buffer.Length)
        {
            throw new CheckpointException($"{Path}: {buffer.Length} bytes at offset {offset} exceed the file size of {Length} bytes.");
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
            throw new CheckpointException($"{Path}: {count} bytes at offset {offset} exceed the file size of {Length} bytes.");
        }

        var bytes = new byte[count];
        ReadExactly(bytes, offset);
        return bytes;
    }

    /// <summary>Fills a tensor of any float type, layout and device with the elements stored contiguously from <paramref name="offset"/>.</summary>
    /// <param name="offset">Offset of the first element in bytes; it need not be aligned.</param>
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

    /// <summary>
    /// A tensor over the memory-mapped file, or null if mapping is off, the elements are not aligned, or the type cannot be mapped.
    /// The mapping is private: writing to the tensor does not change the file.
    /// </summary>
    public Tensor? TryMap(long offset, ScalarType stored, ReadOnlySpan<long> shape)
    {
        var size = ElementTypes.SizeOf(stored);
        var count = ElementTypes.Count(shape);
        ElementTypes.CheckRange(this, offset, stored, count);
        if (!memoryMap || offset % size != 0 || count == 0 || stored == ScalarType.Bool || !BitConverter.IsLittleEndian)
        {
            return null;
        }

        using var guard = no_grad();
        lock (maps)
        {
            if (!maps.TryGetValue(stored, out var map))
            {
                map = Map(stored, size);
                maps.Add(stored, map);
            }

            using var range = map.narrow(0, offset / size, count);
            return range.view(shape.ToArray());
        }
    }

    /// <summary>Closes the file. Tensors that were mapped from it stay valid.</summary>
    public void Dispose()
    {
        Deflated.Dispose();
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

    private Tensor Map(ScalarType stored, int size)
    {
        // The name of the open descriptor, so that the file is not opened by path a second time. Windows has no such name; there, an open file cannot be replaced.
        var descriptor = OperatingSystem.IsLinux() ? $"/proc/self/fd/{handle.DangerousGetHandle()}" : OperatingSystem.IsMacOS() ? $"/dev/fd/{handle.DangerousGetHandle()}" : Path;
        try
        {
            return from_file(File.Exists(descriptor) ? descriptor : Path, shared: false, size: Length / size, dtype: stored).DetachFromDisposeScope();
        }
        catch (Exception e) when (e is System.Runtime.InteropServices.ExternalException)
        {
            throw new CheckpointException($"{Path} cannot be memory-mapped: {e.Message}", e);
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
        // A stored boolean may be any byte, but libtorch requires 0 or 1: read bytes, then compare with 0.
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
                using var truth = source.ne(Scalars.Zero);
                target.copy_(truth);
            }
            else
            {
                target.copy_(source);
            }
        }
    }
}
