namespace AudioCraft.Formats;

/// <summary>Writes numbers of 1 to 32 bits, lowest bit first (encodec/binary.py).</summary>
/// <param name="stream">The destination.</param>
internal sealed class BitPacker(Stream stream)
{
    private readonly byte[] bytes = new byte[4096];
    private int filled;
    private ulong pending;
    private int pendingBits;

    /// <summary>Appends the lowest <paramref name="bits"/> bits of a number.</summary>
    /// <param name="value">0 to 2^bits − 1.</param>
    /// <param name="bits">1 to 32.</param>
    public void Push(uint value, int bits)
    {
        pending |= (ulong)value << pendingBits;
        pendingBits += bits;
        while (pendingBits >= 8)
        {
            Append((byte)pending);
            pending >>= 8;
            pendingBits -= 8;
        }
    }

    /// <summary>Fills the last byte with zeros and writes the pending bytes. The next number starts with a new byte.</summary>
    public void Flush()
    {
        if (pendingBits > 0)
        {
            Append((byte)pending);
            (pending, pendingBits) = (0, 0);
        }

        stream.Write(bytes, 0, filled);
        filled = 0;
    }

    private void Append(byte value)
    {
        if (filled == bytes.Length)
        {
            stream.Write(bytes, 0, filled);
            filled = 0;
        }

        bytes[filled++] = value;
    }
}

/// <summary>Reads the output of <see cref="BitPacker"/>. No byte is read before it is needed, so that data after the codes stays in the source.</summary>
internal sealed class BitUnpacker(ByteSource source)
{
    private ulong pending;
    private int pendingBits;

    /// <summary>Reads a number of <paramref name="bits"/> bits, 1 to 32.</summary>
    /// <exception cref="AudioFormatException">The source ends.</exception>
    public uint Pull(int bits)
    {
        while (pendingBits < bits)
        {
            pending |= (ulong)source.ReadByte("the codes") << pendingBits;
            pendingBits += 8;
        }

        var value = (uint)(pending & ((1UL << bits) - 1));
        pending >>= bits;
        pendingBits -= bits;
        return value;
    }

    /// <summary>Ends a sequence of numbers and checks that the rest of the last byte is zero.</summary>
    /// <exception cref="AudioFormatException">It is not zero.</exception>
    public void Finish()
    {
        if (pending != 0)
        {
            throw source.Error("the bits after the last code of a segment are not zero: the file is damaged.");
        }

        pendingBits = 0;
    }
}
