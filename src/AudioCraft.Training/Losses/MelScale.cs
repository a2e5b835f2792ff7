namespace AudioCraft.Training;

/// <summary>The mel scale of HTK: mel = 2595 · log10(1 + hertz / 700).</summary>
public static class MelScale
{
    /// <summary>Converts a frequency to mel.</summary>
    /// <param name="hertz">At least 0.</param>
    public static double FromHertz(double hertz) => 2595 * Math.Log10(1 + (hertz / 700));

    /// <summary>Converts mel to a frequency in hertz.</summary>
    /// <param name="mel">At least 0.</param>
    public static double ToHertz(double mel) => 700 * (Math.Pow(10, mel / 2595) - 1);

    /// <summary>Frequencies at equal distances on the mel scale.</summary>
    /// <param name="lowest">The first frequency, in hertz.</param>
    /// <param name="highest">The last frequency, in hertz.</param>
    /// <param name="count">Number of values, at least 2.</param>
    public static double[] Space(double lowest, double highest, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        double first = FromHertz(lowest), step = (FromHertz(highest) - first) / (count - 1);
        return [.. Enumerable.Range(0, count).Select(i => ToHertz(first + (i * step)))];
    }
}
