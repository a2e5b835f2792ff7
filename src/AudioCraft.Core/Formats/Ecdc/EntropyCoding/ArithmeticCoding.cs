namespace AudioCraft.Formats;

/// <summary>
/// The interval that an arithmetic coder narrows with each symbol (Witten, Neal and Cleary 1987; encodec/quantization/ac.py). Encoder and decoder update it in the same way.
/// </summary>
/// <remarks>
/// The interval is [<see cref="Low"/>, <see cref="High"/>], numbers of <see cref="MaxBit"/> + 1 bits. An interval around the middle can need more than 64 bits before its first bits agree,
/// hence the 128-bit integers. Products are computed in double precision as upstream does; they are exact up to 26 bits and rounded in the same way beyond.
/// </remarks>
internal struct ArithmeticRange(int totalBits)
{
    /// <summary>Upstream's limit.</summary>
    private const int MostBits = 61;

    public UInt128 Low { get; private set; }

    public UInt128 High { get; private set; }

    /// <summary>The position of the highest bit that has not been output, or −1.</summary>
    public int MaxBit { get; private set; } = -1;

    /// <summary>Whether the interval is too narrow to be divided, so that <see cref="Widen"/> must append a bit.</summary>
    public readonly bool IsNarrow => High - Low + 1 < (UInt128)1 << totalBits;

    /// <summary>Appends a bit: 0 to the lower end, 1 to the upper.</summary>
    public void Widen()
    {
        Low <<= 1;
        High = (High << 1) | 1;
        MaxBit++;
    }

    /// <summary>The part of the interval that belongs to a symbol.</summary>
    public readonly (UInt128 Low, UInt128 High) PartOf(int symbol, ReadOnlySpan<long> cdf)
    {
        var width = (double)(ulong)(High - Low + 1) / (1L << totalBits);
        var from = symbol == 0 ? 0 : cdf[symbol - 1];
        var low = Low + (ulong)Math.Ceiling(from * width);
        var high = Low + (ulong)Math.Floor((cdf[symbol] - 1) * width);

        // Rounded probabilities can add up to slightly more than the total; upstream fails if that exceeds the bits of the interval.
        var limit = ((UInt128)1 << (MaxBit + 1)) - 1;
        return (low, high < limit ? high : limit);
    }

    /// <summary>Replaces the interval with a part of it. False if that is empty.</summary>
    public bool TryNarrow(UInt128 low, UInt128 high)
    {
        (Low, High) = (low, high);
        return low <= high;
    }

    /// <summary>Removes the highest bit if it is the same at both ends.</summary>
    public bool TrySettle(out uint bit)
    {
        bit = MaxBit < 0 ? 0 : (uint)(Low >> MaxBit);
        if (MaxBit < 0 || bit != (uint)(High >> MaxBit))
        {
            return false;
        }

        var settled = (UInt128)bit << MaxBit;
        Low -= settled;
        High -= settled;
        MaxBit--;
        return true;
    }

    /// <summary>Whether the number of bits is within upstream's limit.</summary>
    public readonly bool IsWithinLimits => MaxBit <= MostBits;
}

/// <summary>An arithmetic encoder: a symbol of probability p takes about −log2 p bits. For the same probabilities, the bytes are upstream's (encodec/quantization/ac.py).</summary>
/// <param name="stream">The destination.</param>
/// <param name="totalBits">The number of bits of the cumulative distributions.</param>
internal sealed class ArithmeticEncoder(Stream stream, int totalBits = ArithmeticEncoder.DefaultTotalBits)
{
    /// <summary>The number of bits in <c>.ecdc</c> files.</summary>
    public const int DefaultTotalBits = 24;

    private readonly BitPacker packer = new(stream);
    private ArithmeticRange range = new(totalBits);

    /// <summary>Encodes a symbol.</summary>
    /// <param name="symbol">0 to the number of symbols − 1.</param>
    /// <param name="cdf">A distribution from <see cref="QuantizedCdf"/> with the same number of bits.</param>
    /// <exception cref="AudioCraftException">The interval cannot be represented, about once in 2^37 symbols; upstream's format does not handle this case.</exception>
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
            throw new AudioCraftException("The arithmetic coder exceeded its range, which the format cannot represent: write this audio without the language model.");
        }
    }

    /// <summary>Writes the bits that identify the interval, and fills the last byte with zeros.</summary>
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

/// <summary>Decodes the output of <see cref="ArithmeticEncoder"/>, given exactly the same cumulative distributions.</summary>
/// <param name="source">The source. No byte is read before it is needed.</param>
/// <param name="totalBits">The number of bits of the cumulative distributions.</param>
internal sealed class ArithmeticDecoder(ByteSource source, int totalBits = ArithmeticEncoder.DefaultTotalBits)
{
    private readonly BitUnpacker unpacker = new(source);
    private ArithmeticRange range = new(totalBits);
    private UInt128 current;

    /// <summary>Decodes the next symbol.</summary>
    /// <param name="cdf">A distribution from <see cref="QuantizedCdf"/> with the same number of bits.</param>
    /// <exception cref="AudioFormatException">The source ends, or its bits are no symbol: it is damaged, or the distributions differ from the encoder's.</exception>
    public int Pull(ReadOnlySpan<long> cdf)
    {
        while (range.IsNarrow)
        {
            current = (current << 1) | unpacker.Pull(1);
            range.Widen();
        }

        var (symbol, low, high) = Find(cdf);
        if (!range.TryNarrow(low, high))
        {
            throw Mismatch();
        }

        while (range.TrySettle(out var bit))
        {
            // The number lies in the interval, so its highest bit is the same.
            current -= (UInt128)bit << (range.MaxBit + 1);
        }

        return range.IsWithinLimits ? symbol : throw Mismatch();
    }

    /// <summary>
    /// Ends a sequence of symbols. The encoder ends with the lower end of its interval and zeros: anything else shows different distributions or a changed byte.
    /// </summary>
    /// <exception cref="AudioFormatException">The final bits are different.</exception>
    public void Finish()
    {
        if (current != range.Low)
        {
            throw Mismatch();
        }

        unpacker.Finish();
        (range, current) = (new(totalBits), 0);
    }

    private (int Symbol, UInt128 Low, UInt128 High) Find(ReadOnlySpan<long> cdf)
    {
        var (first, last) = (0, cdf.Length - 1);
        while (first <= last)
        {
            var middle = (first + last) / 2;
            var (low, high) = range.PartOf(middle, cdf);
            if (current < low)
            {
                last = middle - 1;
            }
            else if (current > high)
            {
                first = middle + 1;
            }
            else
            {
                return (middle, low, high);
            }
        }

        throw Mismatch();
    }

    private AudioFormatException Mismatch() => source.Error(
        "the codes do not match the language model's probabilities: the file is damaged, or its writer computed different probabilities (another language model, or another library such as Python's encodec).");
}
