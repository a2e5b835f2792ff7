namespace AudioCraft.Formats;

/// <summary>Collects the codes of a segment. Where the source cannot tell how long it is, memory grows with what has been read.</summary>
internal sealed class CodeBuffer
{
    private const int FirstCapacity = 1 << 12;

    private readonly List<long> codes;
    private readonly long count;

    /// <param name="source">Where they come from.</param>
    /// <param name="frames">Times.</param>
    /// <param name="codebooks">Codes of a time.</param>
    /// <param name="bytes">Bytes that they have in the source at most, if they are there: what may be allocated at once.</param>
    public CodeBuffer(ByteSource source, long frames, int codebooks, long bytes)
    {
        if (frames > Array.MaxLength / codebooks)
        {
            throw source.Error($"a segment of {frames} frames of {codebooks} codes is longer than can be read.");
        }

        count = frames * codebooks;
        codes = new List<long>((int)Math.Min(count, source.Remaining is null ? FirstCapacity : Math.Max(FirstCapacity, bytes)));
    }

    public bool HasRoom => codes.Count < count;

    public void Add(long code) => codes.Add(code);

    public long[] ToArray() => [.. codes];
}
