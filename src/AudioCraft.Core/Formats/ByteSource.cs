namespace AudioCraft.Formats;

/// <summary>Reads a stream forward only, so that it can be a pipe, and reports the remaining bytes if the length is known.</summary>
internal sealed class ByteSource(Stream stream, string name)
{
    private readonly long? end = stream.CanSeek ? stream.Length : null;

    /// <summary>The name of the source, for messages.</summary>
    public string Name => name;

    /// <summary>The number of bytes to the end; null if unknown.</summary>
    public long? Remaining => end is { } length ? Math.Max(0, length - stream.Position) : null;

    /// <summary>Fills the buffer or reads to the end, and returns the number of bytes.</summary>
    public int Read(Span<byte> buffer) => stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);

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
    public byte ReadByte(string what) =>
        stream.ReadByte() is var value and >= 0 ? (byte)value : throw Error($"the file ends within {what}.");

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

            stream.Position += count;
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

    public AudioFormatException Error(string message) => new($"{name}: {message}");
}
