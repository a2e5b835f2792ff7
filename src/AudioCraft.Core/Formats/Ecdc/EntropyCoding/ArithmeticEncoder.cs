namespace AudioCraft.Formats;

/// <summary>Writes symbols in about −log2 of their probability in bits each. The bytes are upstream's for the same probabilities (encodec/quantization/ac.py).</summary>
/// <param name="stream">Where the bytes go.</param>
/// <param name="totalBits">Bits of the running sums.</param>
internal sealed class ArithmeticEncoder(Stream stream, int totalBits = ArithmeticEncoder.DefaultTotalBits)
{
    /// <summary>What <c>.ecdc</c> files use.</summary>
    public const int DefaultTotalBits = 24;

    private readonly BitPacker packer = new(stream);
    private ArithmeticRange range = new(totalBits);

    /// <summary>Appends a symbol.</summary>
    /// <param name="symbol">0 to the number of symbols − 1.</param>
    /// <param name="cdf">From <see cref="QuantizedCdf"/>, with the same bits.</param>
    /// <exception cref="AudioCraftException">The interval's bits do not settle, about once in 2^37 symbols: upstream's format has no way to go on.</exception>
    public void Push(int symbol, ReadOnlySpan<long> cdf)
    {
        while (range.IsNarrow)
        {
            range.Widen();
        }

        var (low, high) = range.PartOf(symbol, cdf);
        var fits = range.TryNarrow(low, high);
        while (fits && range.TrySettle(out var bit))
        {
            packer.Push(bit, 1);
        }

        if (!fits || !range.IsWithinLimits)
        {
            throw new AudioCraftException("The arithmetic coder ran out of its range, which this format does not provide for: write this sound without the language model.");
        }
    }

    /// <summary>Writes what identifies the interval, and fills the last byte with zeros.</summary>
    public void Flush()
    {
        for (var position = range.MaxBit; position >= 0; position--)
        {
            packer.Push((uint)(range.Low >> position) & 1, 1);
        }

        packer.Flush();
        range = new(totalBits);
    }
}
