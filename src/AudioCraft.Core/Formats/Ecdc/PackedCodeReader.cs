namespace AudioCraft.Formats;

/// <summary>Reads what <see cref="PackedCodeWriter"/> wrote.</summary>
internal sealed class PackedCodeReader : ICodeReader
{
    private readonly ByteSource source;
    private readonly BitUnpacker unpacker;
    private readonly int codebooks;
    private readonly int bits;

    /// <param name="source">Where they come from.</param>
    /// <param name="frames">Times of the segment.</param>
    /// <param name="codebooks">Codes of a time.</param>
    /// <param name="bits">Bits of a code.</param>
    /// <exception cref="AudioFormatException">There are fewer bytes than so many codes take.</exception>
    public PackedCodeReader(ByteSource source, long frames, int codebooks, int bits)
    {
        (this.source, this.codebooks, this.bits) = (source, codebooks, bits);
        unpacker = new BitUnpacker(source);
        var needed = Math.Ceiling(BytesOf(frames));
        if (needed > (source.Remaining ?? long.MaxValue))
        {
            throw source.Error($"by its length a segment has {needed:F0} bytes of codes, but the file ends after {source.Remaining} of them.");
        }
    }

    public long[] Read(long frames)
    {
        var codes = new CodeBuffer(source, frames, codebooks, (long)BytesOf(frames));
        while (codes.HasRoom)
        {
            codes.Add(unpacker.Pull(bits));
        }

        return codes.ToArray();
    }

    public void Finish() => unpacker.Finish();

    public void Dispose()
    {
    }

    private double BytesOf(long frames) => (double)frames * codebooks * bits / 8;
}
