namespace AudioCraft.Formats;

/// <summary>Reads a stream forward only, so that it can be a pipe, and reports the remaining bytes if the length is known.</summary>
internal sealed class ByteSource(Stream stream, string name)
{
    private readonly long? end = stream.CanSeek ? stream.Length : null;

    /// <summary>Bytes that were read ahead by <see cref="Peek"/>.</summary>
    private byte[] ahead = [];

    /// <summary>The name of the source, for messages.</summary>
    public string Name => name;

    /// <summary>The number of bytes to the end; null if unknown.</summary>
    public long? Remaining => end is { } length ? Math.Max(0, length - stream.Position) + ahead.Length : null;

    /// <summary>The position in the stream; null if the stream cannot seek.</summary>
    public long? Position => end is null ? null : stream.Position - ahead.Length;

    /// <summary>Moves to a position of a stream that can seek.</summary>
    public void Seek(long position)
    {
        ahead = [];
        stream.Position = position;
    }

    /// <summary>Returns the next bytes, fewer only at the end, without advancing.</summary>
    public ReadOnlySpan<byte> Peek(int count)
    {
        if (ahead.Length < count)
        {
            var bytes = new byte[count];
            ahead = bytes[..Read(bytes)];
        }

        return ahead.AsSpan(0, Math.Min(count, ahead.Length));
    }

    /// <summary>Fills the buffer or reads to the end, and returns the number of bytes.</summary>
    public int Read(Span<byte> buffer)
    {
        var buffered = Math.Min(ahead.Length, buffer.Length);
        ahead.AsSpan(0, buffered).CopyTo(buffer);
        ahead = ahead[buffered..];
        return buffered + (buffered < buffer.Length ? stream.ReadAtLeast(buffer[buffered..], buffer.Length - buffered, throwOnEndOfStream: false) : 0);
    }

    /// <summary>Fills the buffer.</summary>
    /// <exception cref="AudioFormatException">The source ends; the message contains <paramref name="what"/>.</exception>
    public void ReadExactly(Span<byte> buffer, string what)
    {
        var read = Read(buffer);
        if (read < buffer.Length)
        {
            throw Truncated(what, buffer.Length, read);
        }
    }

    /// <summary>Reads the next byte.</summary>
    /// <exception cref="AudioFormatException">The source ends; the message contains <paramref name="what"/>.</exception>
    public byte ReadByte(string what)
    {
        Span<byte> value = stackalloc byte[1];
        return Read(value) == 1 ? value[0] : throw Error($"the file ends within {what}.");
    }

    /// <summary>Copies bytes of a pipe to memory, so that they can be read twice. Memory grows with the bytes that arrive.</summary>
    /// <param name="count">How many; fewer at the end of the source.</param>
    /// <param name="limit">The most bytes to copy. An array limits them too, to 2 GiB.</param>
    /// <param name="isWhole">Whether <paramref name="count"/> bytes, or all up to the end, were copied.</param>
    public ByteSource Copy(long count, long limit, out bool isWhole)
    {
        var copy = new MemoryStream();
        var block = new byte[1 << 16];
        var most = Math.Min(count, Math.Min(limit, Array.MaxLength));
        var read = block.Length;
        while (copy.Length < most && read == block.Length)
        {
            block = block.Length <= most - copy.Length ? block : new byte[most - copy.Length];
            read = Read(block);
            copy.Write(block, 0, read);
        }

        isWhole = copy.Length == count || read < block.Length || Peek(1).IsEmpty;
        copy.Position = 0;
        return new ByteSource(copy, name);
    }

    /// <summary>Skips bytes.</summary>
    /// <exception cref="AudioFormatException">The source ends; the message contains <paramref name="what"/>.</exception>
    public void Skip(long count, string what)
    {
        if (Remaining is { } remaining)
        {
            if (count > remaining)
            {
                throw Truncated(what, count, remaining);
            }

            Seek(Position!.Value + count);
            return;
        }

        Span<byte> scratch = stackalloc byte[4096];
        for (var left = count; left > 0;)
        {
            var chunk = scratch[..(int)Math.Min(left, scratch.Length)];
            var read = Read(chunk);
            left -= read;
            if (read < chunk.Length)
            {
                throw Truncated(what, count, count - left);
            }
        }
    }

    public AudioFormatException Truncated(string what, long expected, long found) =>
        Error($"{what} should have {expected} bytes, but the file ends after {found}.");

    public AudioFormatException Error(string message, Exception? cause = null) => cause is null ? new($"{name}: {message}") : new($"{name}: {message}", cause);
}
