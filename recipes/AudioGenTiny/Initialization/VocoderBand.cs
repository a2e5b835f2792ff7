namespace AudioGenTiny.Recipe;

/// <summary>A band of a channel vocoder.</summary>
/// <param name="Hertz">Center frequency.</param>
/// <param name="Width">Half of the distance between the centers of the neighboring bands, in hertz.</param>
internal readonly record struct VocoderBand(double Hertz, double Width)
{
    private const int Probes = 33;

    /// <summary>Bands whose centers are equally spaced on the mel scale, between <paramref name="lowest"/> and half the rate.</summary>
    public static VocoderBand[] Mel(int count, double lowest, int rate)
    {
        var centers = MelScale.Space(lowest, rate / 2.0, count + 2);
        return [.. Enumerable.Range(1, count).Select(b => new VocoderBand(centers[b], (centers[b + 1] - centers[b - 1]) / 2))];
    }

    /// <summary>The Hann window.</summary>
    public static double Hann(int n, int length) => 0.5 - (0.5 * Math.Cos(2 * Math.PI * n / length));

    /// <summary>
    /// A complex filter of <paramref name="length"/> samples with a gain of about 1 for any tone in the band. If the band is wider than the main lobe of the window, the filter
    /// sweeps through the band.
    /// </summary>
    public (double[] Real, double[] Imaginary) Filter(int length, int rate, bool upwards)
    {
        var own = 2.0 * rate / length;
        var sweep = Math.Sqrt(Math.Max(0, (Width * Width) - (own * own))) * (upwards ? 1 : -1);
        var (real, imaginary) = (new double[length], new double[length]);
        for (var n = 0; n < length; n++)
        {
            // The middle half of the window sweeps once through the band.
            var t = n - (length / 2.0);
            var angle = 2 * Math.PI * ((Hertz * t) + (sweep * t * t / length)) / rate;
            (real[n], imaginary[n]) = (Hann(n, length) * Math.Cos(angle), Hann(n, length) * Math.Sin(angle));
        }

        var factor = 1 / Math.Sqrt(MeanPower(real, imaginary, rate));
        return ([.. real.Select(x => x * factor)], [.. imaginary.Select(x => x * factor)]);
    }

    // The mean of |filter|² over tones of amplitude 1 in the band.
    private double MeanPower(double[] real, double[] imaginary, int rate)
    {
        var sum = 0.0;
        for (var probe = 0; probe < Probes; probe++)
        {
            var hertz = Hertz + (Width * (((double)probe / (Probes - 1)) - 0.5) * 0.8);
            var (re, im) = (0.0, 0.0);
            for (var n = 0; n < real.Length; n++)
            {
                var (sine, cosine) = Math.SinCos(2 * Math.PI * hertz * (n - (real.Length / 2.0)) / rate);
                re += (real[n] * cosine) + (imaginary[n] * sine);
                im += (imaginary[n] * cosine) - (real[n] * sine);
            }

            // Half of a real tone lies in the positive frequencies.
            sum += ((re * re) + (im * im)) / 4;
        }

        return sum / Probes;
    }
}
