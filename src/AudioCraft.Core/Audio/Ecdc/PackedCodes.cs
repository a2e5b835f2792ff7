using AudioCraft.Compression.EntropyCoding;

namespace AudioCraft.Audio.Ecdc;

/// <summary>Codes of a segment at their own number of bits each: time after time, and at each time codebook after codebook.</summary>
internal static class PackedCodes
{
    /// <param name="stream">Where they go.</param>
    /// <param name="codes">Time-major: code k of time t is at t·K + k.</param>
    /// <param name="bits">Bits of a code.</param>
    public static void Write(Stream stream, ReadOnlySpan<long> codes, int bits)
    {
        var packer = new BitPacker(stream);
        foreach (var code in codes)
        {
            packer.Push((uint)code, bits);
        }

        packer.Flush();
    }

    /// <summary>Reads what <see cref="Write"/> wrote. Nothing is allocated for codes that are not there.</summary>
    /// <exception cref="AudioFormatException">There are fewer, or the last byte is not filled with zeros.</exception>
    public static long[] Read(ByteSource source, long frames, int codebooks, int bits)
    {
        var needed = Math.Ceiling((double)frames * codebooks * bits / 8);
        if (needed > (source.Remaining ?? long.MaxValue))
        {
            throw source.Error($"by its length a segment has {needed:F0} bytes of codes, but the file ends after {source.Remaining} of them.");
        }

        var unpacker = new BitUnpacker(source);
        var codes = new CodeBuffer(source, frames, codebooks, (long)needed);
        while (codes.HasRoom)
        {
            codes.Add(unpacker.Pull(bits));
        }

        unpacker.Finish();
        return codes.ToArray();
    }
}
