namespace AudioCraft.Formats;

/// <summary>
/// The interval that an arithmetic coder narrows with each symbol (Witten, Neal and Cleary 1987; encodec/quantization/ac.py). Encoder and decoder each have one and move it alike.
/// </summary>
/// <remarks>
/// It is [<see cref="Low"/>, <see cref="High"/>], numbers of <see cref="MaxBit"/> + 1 bits. An interval around the middle can grow longer than 64 bits before its first bits agree,
/// hence the wide integers. Products are taken in double precision as upstream takes them; they are exact up to 26 bits and the same roundings beyond.
/// </remarks>
internal struct ArithmeticRange(int totalBits)
{
    /// <summary>Upstream gives up beyond this.</summary>
    private const int MostBits = 61;

    public UInt128 Low { get; private set; }

    public UInt128 High { get; private set; }

    /// <summary>Position of the highest bit that is not settled yet, or −1.</summary>
    public int MaxBit { get; private set; } = -1;

    /// <summary>Whether the interval has become too narrow to be divided: then <see cref="Widen"/> it by a bit.</summary>
    public readonly bool IsNarrow => High - Low + 1 < (UInt128)1 << totalBits;

    /// <summary>Appends a bit: 0 to the lower end, 1 to the upper.</summary>
    public void Widen()
    {
        Low <<= 1;
        High = (High << 1) | 1;
        MaxBit++;
    }

    /// <summary>The part of the interval that a symbol has.</summary>
    public readonly (UInt128 Low, UInt128 High) PartOf(int symbol, ReadOnlySpan<long> cdf)
    {
        var width = (double)(ulong)(High - Low + 1) / (1L << totalBits);
        var from = symbol == 0 ? 0 : cdf[symbol - 1];
        var low = Low + (ulong)Math.Ceiling(from * width);
        var high = Low + (ulong)Math.Floor((cdf[symbol] - 1) * width);

        // Rounded probabilities can add up to a hair more than there is; upstream breaks off where that leaves the interval's bits.
        var limit = ((UInt128)1 << (MaxBit + 1)) - 1;
        return (low, high < limit ? high : limit);
    }

    /// <summary>Goes on with a part of the interval. False if no number is left in it.</summary>
    public bool TryNarrow(UInt128 low, UInt128 high)
    {
        (Low, High) = (low, high);
        return low <= high;
    }

    /// <summary>Takes off the highest bit if both ends agree on it.</summary>
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

    /// <summary>Whether the bits that are not settled are still few enough for upstream.</summary>
    public readonly bool IsWithinLimits => MaxBit <= MostBits;
}
