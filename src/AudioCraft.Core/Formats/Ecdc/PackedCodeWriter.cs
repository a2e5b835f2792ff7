namespace AudioCraft.Formats;

/// <summary>Codes of a segment at their own number of bits each: time after time, and at each time codebook after codebook.</summary>
/// <param name="stream">Where they go.</param>
/// <param name="bits">Bits of a code.</param>
internal sealed class PackedCodeWriter(Stream stream, int bits) : ICodeWriter
{
    private readonly BitPacker packer = new(stream);

    public void Write(ReadOnlySpan<long> codes)
    {
        foreach (var code in codes)
        {
            packer.Push((uint)code, bits);
        }
    }

    public void Finish() => packer.Flush();

    public void Dispose()
    {
    }
}
