namespace AudioCraft.Formats;

/// <summary>
/// The cumulative distributions of the arithmetic coder: the running sum of integers, one per symbol, with a total of at most 2^bits (encodec/quantization/ac.py).
/// Computed in float32 exactly as upstream does, because encoder and decoder must use the same numbers.
/// </summary>
internal static class QuantizedCdf
{
    /// <summary>The minimum share of a symbol, so that every symbol can be encoded.</summary>
    private const int MinRange = 2;

    /// <summary>Probabilities are rounded down to multiples of this, which removes most differences in the last bits.</summary>
    private const float Roundoff = 1e-8f;

    /// <summary>Computes the cumulative distribution of <paramref name="pdf"/>.</summary>
    /// <param name="pdf">The probability of each symbol, 0 to 1, with a sum of 1.</param>
    /// <param name="totalBits">1 to 30, large enough for two units per symbol.</param>
    /// <param name="cdf">The result, of the same length as <paramref name="pdf"/>.</param>
    /// <exception cref="ArgumentException">There are too many symbols, or a value is not a probability.</exception>
    public static void Build(ReadOnlySpan<float> pdf, int totalBits, Span<long> cdf)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(cdf.Length, pdf.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(totalBits, 30);
        var total = 1L << totalBits;
        var reserved = (double)MinRange * pdf.Length / total;
        if (pdf.IsEmpty || reserved > 1)
        {
            throw new ArgumentException($"{pdf.Length} symbols do not fit into 2^{totalBits}: each needs at least {MinRange}.", nameof(pdf));
        }

        var scale = (float)((1 - reserved) * total);
        var sum = 0L;
        for (var i = 0; i < pdf.Length; i++)
        {
            // Slightly above 1 can be rounding; NaN and other values come from an invalid model.
            if (!(pdf[i] is >= 0 and <= 1.001f))
            {
                throw new ArgumentException($"The probability of symbol {i} is {pdf[i]}, but 0 to 1 was expected.", nameof(pdf));
            }

            var rounded = MathF.Floor(pdf[i] / Roundoff) * Roundoff;
            sum += (long)MathF.Floor(scale * rounded) + MinRange;
            cdf[i] = sum;
        }
    }
}
