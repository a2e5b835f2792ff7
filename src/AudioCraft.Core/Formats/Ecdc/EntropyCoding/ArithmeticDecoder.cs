namespace AudioCraft.Formats;

/// <summary>The reverse of <see cref="ArithmeticEncoder"/>, given exactly the same running sums.</summary>
/// <param name="source">Where the bytes come from; none is taken before it is needed.</param>
/// <param name="totalBits">Bits of the running sums.</param>
internal sealed class ArithmeticDecoder(ByteSource source, int totalBits = ArithmeticEncoder.DefaultTotalBits)
{
    private readonly BitUnpacker unpacker = new(source);
    private ArithmeticRange range = new(totalBits);
    private UInt128 current;

    /// <summary>The next symbol.</summary>
    /// <param name="cdf">From <see cref="QuantizedCdf"/>, with the same bits.</param>
    /// <exception cref="AudioFormatException">The source ends before, or its bits stand for no symbol: it is damaged, or the running sums are not the encoder's.</exception>
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
            throw OutOfStep();
        }

        while (range.TrySettle(out var bit))
        {
            // The bits of the number were the interval's so far: it lies inside.
            current -= (UInt128)bit << (range.MaxBit + 1);
        }

        return range.IsWithinLimits ? symbol : throw OutOfStep();
    }

    /// <summary>
    /// Ends a row of symbols. An encoder closes with the lower end of its interval and zeros, so anything else shows that the two did not have the same running sums,
    /// or that a byte has changed.
    /// </summary>
    /// <exception cref="AudioFormatException">It is anything else.</exception>
    public void Finish()
    {
        if (current != range.Low)
        {
            throw OutOfStep();
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

        throw OutOfStep();
    }

    private AudioFormatException OutOfStep() => source.Error(
        "the codes are out of step with the language model's probabilities: the file is damaged, or its writer computed other probabilities (another language model, or another library such as Python's encodec).");
}
