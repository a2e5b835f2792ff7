namespace AudioCraft.Training;

/// <summary>A band of a channel vocoder.</summary>
/// <param name="Hertz">Its centre.</param>
/// <param name="Width">The distance of its neighbours' centres, halved, in hertz.</param>
internal readonly record struct VocoderBand(double Hertz, double Width)
{
    private const int Probes = 33;

    /// <summary>Bands with centres that are equally far apart in mel, from <paramref name="lowest"/> to half the rate.</summary>
    public static VocoderBand[] Mel(int count, double lowest, int rate)
    {
        double Mel(double hertz) => 2595 * Math.Log10(1 + (hertz / 700));
        double Centre(double place) => 700 * (Math.Pow(10, (Mel(lowest) + ((Mel(rate / 2.0) - Mel(lowest)) * (place + 1) / (count + 1))) / 2595) - 1);
        return [.. Enumerable.Range(0, count).Select(b => new VocoderBand(Centre(b), (Centre(b + 1) - Centre(b - 1)) / 2))];
    }

    /// <summary>Hann's window.</summary>
    public static double Hann(int n, int length) => 0.5 - (0.5 * Math.Cos(2 * Math.PI * n / length));

    /// <summary>
    /// A complex filter of <paramref name="length"/> samples that a tone anywhere in the band leaves with about its own amplitude: where the band is wider than the window's
    /// own, it sweeps through the band, so that no tone and no moment is missed.
    /// </summary>
    public (double[] Real, double[] Imaginary) Filter(int length, int rate, bool upwards)
    {
        var own = 2.0 * rate / length;
        var sweep = Math.Sqrt(Math.Max(0, (Width * Width) - (own * own))) * (upwards ? 1 : -1);
        var (real, imaginary) = (new double[length], new double[length]);
        for (var n = 0; n < length; n++)
        {
            // Half of the window's length, in the middle, sweeps once through the band.
            var t = n - (length / 2.0);
            var angle = 2 * Math.PI * ((Hertz * t) + (sweep * t * t / length)) / rate;
            (real[n], imaginary[n]) = (Hann(n, length) * Math.Cos(angle), Hann(n, length) * Math.Sin(angle));
        }

        var factor = 1 / Math.Sqrt(MeanPower(real, imaginary, rate));
        return ([.. real.Select(x => x * factor)], [.. imaginary.Select(x => x * factor)]);
    }

    // Of tones of amplitude 1 in the band, what |filter|² is on average.
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

            // Half of a real tone is in the positive frequencies.
            sum += ((re * re) + (im * im)) / 4;
        }

        return sum / Probes;
    }
}
