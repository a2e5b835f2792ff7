using System.Buffers.Binary;
using System.Text;

namespace AudioCraft.Checkpoints;

/// <summary>Reads the bytes of a pickle sequentially. A length is compared with the remaining bytes before memory is allocated for it.</summary>
internal sealed class PickleInput
{
    private const int BufferBytes = 64 << 10;
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly CheckpointFile? file;
    private readonly byte[] buffer;
    private readonly long end;
    private long bufferStart;
    private int bufferLength;
    private int next;

    /// <summary>A pickle in memory.</summary>
    public PickleInput(byte[] bytes, string source)
    {
        Source = source;
        buffer = bytes;
        end = bufferLength = bytes.Length;
    }

    /// <summary>A pickle at an offset in a file. It ends with its STOP opcode, at most at <paramref name="end"/>.</summary>
    public PickleInput(CheckpointFile file, long start, long end)
    {
        this.file = file;
        this.end = Math.Min(end, file.Length);
        Source = file.Path;
        buffer = new byte[Math.Min(BufferBytes, file.Length)];
        bufferStart = start;
    }

    /// <summary>The file, for messages.</summary>
    public string Source { get; }

    /// <summary>Offset of the next byte.</summary>
    public long Position => bufferStart + next;

    public byte Byte() => Span(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Span(2));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Span(4));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Span(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Span(8));

    public double BigEndianDouble() => BinaryPrimitives.ReadDoubleBigEndian(Span(8));

    /// <summary>Reads UTF-8 text.</summary>
    /// <param name="length">Its length in bytes.</param>
    public string Text(ulong length)
    {
        try
        {
            return StrictUtf8.GetString(Bytes(length));
        }
        catch (DecoderFallbackException e)
        {
            throw new CheckpointException($"{Source}: the pickle has text that is not valid UTF-8 before offset {Position}.", e);
        }
    }

    /// <summary>Reads a line of text.</summary>
    public string Line()
    {
        const int MaximumLine = 1024;
        var line = new StringBuilder();
        for (var c = Byte(); c != '\n'; c = Byte())
        {
            if (line.Length == MaximumLine)
            {
                throw new CheckpointException($"{Source}: the pickle has a name longer than {MaximumLine} characters before offset {Position}.");
            }

            line.Append((char)c);
        }

        return line.ToString();
    }

    /// <summary>Reads bytes into a new array.</summary>
    public byte[] Bytes(ulong length)
    {
        CheckLength(length);
        var bytes = new byte[length];
        var taken = Math.Min(bytes.Length, bufferLength - next);
        buffer.AsSpan(next, taken).CopyTo(bytes);
        next += taken;
        if (taken < bytes.Length)
        {
            var position = Position;
            file!.ReadExactly(bytes.AsSpan(taken), position);
            bufferStart = position + bytes.Length - taken;
            bufferLength = next = 0;
        }

        return bytes;
    }

    /// <summary>Checks that the pickle has a number of further bytes.</summary>
    public void CheckLength(ulong length)
    {
        if (length > (ulong)Math.Max(end - Position, 0))
        {
            throw new CheckpointException($"{Source}: the pickle is truncated: {length} bytes are needed at offset {Position}, but {Math.Max(end - Position, 0)} remain.");
        }
    }

    private ReadOnlySpan<byte> Span(int length)
    {
        if (next + length > bufferLength)
        {
            CheckLength((ulong)length);
            Fill();
        }

        var span = buffer.AsSpan(next, length);
        next += length;
        return span;
    }

    private void Fill()
    {
        bufferStart = Position;
        next = 0;
        bufferLength = (int)Math.Min(buffer.Length, end - bufferStart);
        file!.ReadExactly(buffer.AsSpan(0, bufferLength), bufferStart);
    }
}
