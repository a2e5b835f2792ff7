namespace AudioCraft.Formats;

/// <summary>
/// Probabilities as the arithmetic coder takes them: the running sum of whole numbers, one a symbol, that together are at most 2^bits (encodec/quantization/ac.py).
/// The arithmetic is that of float32 to the last bit, because encoder and decoder must come to the same numbers, and upstream's are these.
/// </summary>
internal static class QuantizedCdf
{
    /// <summary>Every symbol can be coded, however unlikely: its share is at least this.</summary>
    private const int LeastRange = 2;

    /// <summary>Probabilities are cut to multiples of this, so that most differences in the last bits of a float vanish.</summary>
    private const float Roundoff = 1e-8f;

    /// <summary>Fills <paramref name="cdf"/> with the running sum for <paramref name="pdf"/>.</summary>
    /// <param name="pdf">A probability for each symbol, 0 to 1, together 1.</param>
    /// <param name="totalBits">1 to 30, with room for two units a symbol.</param>
    /// <param name="cdf">As long as <paramref name="pdf"/>.</param>
    /// <exception cref="ArgumentException">There are too many symbols, or a value is no probability.</exception>
    public static void Build(ReadOnlySpan<float> pdf, int totalBits, Span<long> cdf)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(cdf.Length, pdf.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(totalBits, 30);
        var total = 1L << totalBits;
        var reserved = (double)LeastRange * pdf.Length / total;
        if (pdf.IsEmpty || reserved > 1)
        {
            throw new ArgumentException($"{pdf.Length} symbols cannot share 2^{totalBits}: each needs at least {LeastRange}.", nameof(pdf));
        }

        var scale = (float)((1 - reserved) * total);
        var sum = 0L;
        for (var i = 0; i < pdf.Length; i++)
        {
            // A little above 1 is rounding; NaN and everything else means that the model behind the numbers is broken.
            if (!(pdf[i] is >= 0 and <= 1.001f))
            {
                throw new ArgumentException($"The probability of symbol {i} is {pdf[i]}; 0 to 1 was expected.", nameof(pdf));
            }

            var rounded = MathF.Floor(pdf[i] / Roundoff) * Roundoff;
            sum += (long)MathF.Floor(scale * rounded) + LeastRange;
            cdf[i] = sum;
        }
    }
}
