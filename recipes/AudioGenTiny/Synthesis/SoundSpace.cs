namespace AudioGenTiny.Recipe;

/// <summary>Simulates distance: absorption of high frequencies, reverberation, and a lower level.</summary>
internal static class SoundSpace
{
    // Delays of Schroeder's combs (1962) in seconds, mutually prime at usual rates.
    private static readonly double[] _combs = [0.0297, 0.0371, 0.0411, 0.0437];

    /// <param name="canvas">The dry sound; it is changed.</param>
    /// <param name="distance">0, near, to 1.</param>
    /// <returns>The resulting audio, with its peak at 0.85 (near) to 0.17 (distant).</returns>
    public static float[] Place(SoundCanvas canvas, double distance)
    {
        Normalize(canvas.Samples, 1);
        if (distance > 0.02)
        {
            // One pole twice; with the final gain this is a tilt that leaves high sounds audible.
            var pole = (float)Math.Exp(-2 * Math.PI * Math.Min(7500 * Math.Pow(900 / 7500.0, distance) / canvas.Rate, 0.45));
            float a = 0, b = 0;
            for (var n = 0; n < canvas.Samples.Length; n++)
            {
                a += (1 - pole) * (canvas.Samples[n] - a);
                b += (1 - pole) * (a - b);
                canvas.Samples[n] = b;
            }

            Echo(canvas.Samples, canvas.Rate, (float)(0.25 * distance * distance));
        }

        Normalize(canvas.Samples, 0.85 * Math.Pow(0.17 / 0.85, distance));
        return canvas.Samples;
    }

    private static void Echo(float[] samples, int rate, float wet)
    {
        var sum = new float[samples.Length];
        foreach (var seconds in _combs)
        {
            var delay = Math.Max(1, (int)(seconds * rate));
            // Down by 60 dB in 0.7 s.
            var feedback = (float)Math.Pow(10, -3 * seconds / 0.7);
            var line = new float[samples.Length];
            for (var n = 0; n < samples.Length; n++)
            {
                line[n] = n < delay ? 0 : samples[n - delay] + feedback * line[n - delay];
                sum[n] += line[n];
            }
        }

        foreach (var seconds in (ReadOnlySpan<double>)[0.005, 0.0017])
        {
            var delay = Math.Max(1, (int)(seconds * rate));
            var before = (float[])sum.Clone();
            for (var n = delay; n < sum.Length; n++)
            {
                sum[n] = -0.7f * before[n] + before[n - delay] + 0.7f * sum[n - delay];
            }
        }

        for (var n = 0; n < samples.Length; n++)
        {
            samples[n] += wet * sum[n];
        }
    }

    private static void Normalize(float[] samples, double peak)
    {
        var largest = 0f;
        foreach (var sample in samples)
        {
            largest = Math.Max(largest, Math.Abs(sample));
        }

        var gain = largest > 0 ? (float)(peak / largest) : 0;
        for (var n = 0; n < samples.Length; n++)
        {
            samples[n] *= gain;
        }
    }
}
