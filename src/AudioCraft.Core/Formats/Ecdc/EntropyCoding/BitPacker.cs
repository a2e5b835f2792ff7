namespace AudioCraft.Formats;

/// <summary>Writes numbers of a few bits each, one after the other, lowest bit first (encodec/binary.py).</summary>
/// <param name="stream">Where whole bytes go.</param>
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

    /// <summary>Fills the last byte with zeros and writes all that is pending. What is pushed afterwards starts with a new byte.</summary>
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
