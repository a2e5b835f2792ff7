namespace AudioCraft.Formats;

/// <summary>The reverse of <see cref="BitPacker"/>. It takes no byte from the source before it needs a bit of it, so what follows can be read by others.</summary>
internal sealed class BitUnpacker(ByteSource source)
{
    private ulong pending;
    private int pendingBits;

    /// <summary>The next number of <paramref name="bits"/> bits, 1 to 32.</summary>
    /// <exception cref="AudioFormatException">The source ends before.</exception>
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

    /// <summary>Ends a row of numbers: the rest of its last byte, which the writer filled with zeros.</summary>
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
