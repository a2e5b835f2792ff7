using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>
/// Reads ranges of the deflated storages of a file in time proportional to their sizes, in any order: the inflater of the storage that was read last stays open, so that ranges in ascending
/// order are inflated once; a storage that has to be inflated from its start a second time is then kept in memory. Thread-safe.
/// </summary>
internal sealed class DeflatedStorages : IDisposable
{
    private const int SkipBytes = 64 << 10;
    private const long RunBytes = 64 << 20;

    private readonly Lock gate = new();
    private readonly HashSet<object> started = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<object, Tensor> complete = new(ReferenceEqualityComparer.Instance);
    private object? open;
    private Stream? inflater;
    private long position;

    /// <summary>Fills a tensor with the bytes of a storage.</summary>
    /// <param name="storage">Identifies the storage.</param>
    /// <param name="length">Its inflated size in bytes.</param>
    /// <param name="inflate">Opens a stream of its inflated bytes.</param>
    /// <param name="offset">The first byte, at most <paramref name="length"/> minus the bytes of <paramref name="destination"/>.</param>
    /// <param name="destination">A contiguous tensor with one dimension on the CPU.</param>
    /// <exception cref="InvalidDataException">The compressed data are damaged.</exception>
    /// <exception cref="EndOfStreamException">The storage ends early.</exception>
    public void Read(object storage, long length, Func<Stream> inflate, long offset, Tensor destination)
    {
        lock (gate)
        {
            if (!complete.ContainsKey(storage) && (open != storage || offset < position))
            {
                Close();
                if (!started.Add(storage))
                {
                    complete.Add(storage, Inflate(length, inflate));
                }
                else
                {
                    (open, inflater, position) = (storage, inflate(), 0);
                }
            }

            if (complete.TryGetValue(storage, out var contents))
            {
                Copy(contents, offset, destination);
                return;
            }

            try
            {
                Skip(offset - position);
                Fill(inflater!, destination);
                position = offset + (destination.numel() * destination.ElementSize);
            }
            catch
            {
                Close();
                throw;
            }

            if (position == length)
            {
                Close();
            }
        }
    }

    /// <summary>Closes the inflater and frees the memory.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            Close();
            foreach (var contents in complete.Values)
            {
                contents.Dispose();
            }

            complete.Clear();
        }
    }

    /// <summary>Fills a contiguous tensor with one dimension from a stream.</summary>
    /// <exception cref="InvalidDataException">The compressed data are damaged.</exception>
    /// <exception cref="EndOfStreamException">The stream ends early.</exception>
    public static void Fill(Stream stream, Tensor destination)
    {
        var run = RunBytes / destination.ElementSize;
        for (long done = 0; done < destination.numel(); done += run)
        {
            using var part = destination.narrow(0, done, Math.Min(run, destination.numel() - done));
            stream.ReadExactly(part.bytes);
        }
    }

    private static Tensor Inflate(long length, Func<Stream> inflate)
    {
        using var stream = inflate();
        var contents = empty(length, dtype: ScalarType.Byte).DetachFromDisposeScope();
        try
        {
            Fill(stream, contents);
            return contents;
        }
        catch
        {
            contents.Dispose();
            throw;
        }
    }

    private static void Copy(Tensor contents, long offset, Tensor destination)
    {
        var size = destination.ElementSize;
        var run = RunBytes / size;
        for (long done = 0; done < destination.numel(); done += run)
        {
            var count = Math.Min(run, destination.numel() - done);
            using var source = contents.narrow(0, offset + (done * size), count * size);
            using var target = destination.narrow(0, done, count);
            source.bytes.CopyTo(target.bytes);
        }
    }

    private void Skip(long count)
    {
        var buffer = new byte[Math.Min(count, SkipBytes)];
        for (var left = count; left > 0; left -= Math.Min(left, buffer.Length))
        {
            inflater!.ReadExactly(buffer, 0, (int)Math.Min(left, buffer.Length));
        }
    }

    private void Close()
    {
        inflater?.Dispose();
        (open, inflater) = (null, null);
    }
}
