using System.Buffers.Binary;
using System.Text;

namespace AudioCraft.Checkpoints;

/// <summary>The bytes of a pickle, in order. Nothing is allocated for a length that is not there.</summary>
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

    /// <summary>A pickle that starts somewhere in a file and ends where it says so itself, at the latest before <paramref name="end"/>.</summary>
    public PickleInput(CheckpointFile file, long start, long end)
    {
        this.file = file;
        this.end = Math.Min(end, file.Length);
        Source = file.Path;
        buffer = new byte[Math.Min(BufferBytes, file.Length)];
        bufferStart = start;
    }

    /// <summary>For messages.</summary>
    public string Source { get; }

    /// <summary>Where the next byte comes from.</summary>
    public long Position => bufferStart + next;

    public byte Byte() => Span(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Span(2));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Span(4));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Span(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Span(8));

    public double BigEndianDouble() => BinaryPrimitives.ReadDoubleBigEndian(Span(8));

    /// <summary>UTF-8 text of a length in bytes.</summary>
    public string Text(ulong length)
    {
        try
        {
            return StrictUtf8.GetString(Bytes(length));
        }
        catch (DecoderFallbackException e)
        {
            throw new CheckpointException($"{Source}: the pickle has text that is not UTF-8 before byte {Position}.", e);
        }
    }

    /// <summary>Text up to the end of the line.</summary>
    public string Line()
    {
        const int MaximumLine = 1024;
        var line = new StringBuilder();
        for (var c = Byte(); c != '\n'; c = Byte())
        {
            if (line.Length == MaximumLine)
            {
                throw new CheckpointException($"{Source}: the pickle has a name of more than {MaximumLine} characters before byte {Position}.");
            }

            line.Append((char)c);
        }

        return line.ToString();
    }

    /// <summary>Bytes of their own.</summary>
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

    /// <summary>Refuses a length that is not there.</summary>
    public void CheckLength(ulong length)
    {
        if (length > (ulong)Math.Max(end - Position, 0))
        {
            throw new CheckpointException($"{Source}: the pickle is cut off: at byte {Position} it needs {length} bytes, and there are {Math.Max(end - Position, 0)}.");
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
