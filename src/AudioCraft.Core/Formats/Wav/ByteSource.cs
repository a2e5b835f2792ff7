namespace AudioCraft.Formats;

/// <summary>Reads a stream forward only, so that a pipe serves as well as a file, and knows how much is left where the stream can tell.</summary>
internal sealed class ByteSource(Stream stream, string name)
{
    private readonly long? end = stream.CanSeek ? stream.Length : null;

    /// <summary>What is being read, for messages.</summary>
    public string Name => name;

    /// <summary>Bytes to the end, or null where the stream cannot tell.</summary>
    public long? Remaining => end is { } length ? Math.Max(0, length - stream.Position) : null;

    /// <summary>Fills the buffer as far as the stream goes and returns how many bytes there were.</summary>
    public int Read(Span<byte> buffer) => stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);

    /// <summary>Fills the buffer, or a typed error that says what was cut off.</summary>
    public void ReadExactly(Span<byte> buffer, string what)
    {
        var read = Read(buffer);
        if (read < buffer.Length)
        {
            throw Truncated(what, buffer.Length, read);
        }
    }

    /// <summary>The next byte, or a typed error that says what was cut off.</summary>
    public byte ReadByte(string what) =>
        stream.ReadByte() is var value and >= 0 ? (byte)value : throw Error($"{what} should go on, but the file ends.");

    /// <summary>Passes over bytes, or a typed error where there are fewer.</summary>
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
            var piece = scratch[..(int)Math.Min(left, scratch.Length)];
            var read = Read(piece);
            left -= read;
            if (read < piece.Length)
            {
                throw Truncated(what, count, count - left);
            }
        }
    }

    public AudioFormatException Truncated(string what, long expected, long found) =>
        Error($"{what} should have {expected} bytes, but the file ends after {found} of them.");

    public AudioFormatException Error(string message) => new($"{name}: {message}");
}
