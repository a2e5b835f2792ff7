namespace AudioCraft.Audio;

/// <summary>
/// The two filters of ITU-R BS.1770-4 as torchaudio's <c>Loudness</c> designs them: a shelf of +4 dB above 1.5 kHz (the head) and a high pass at 38 Hz.
/// Upstream's numbers are float32 throughout, coefficients included, and its filters clip their output at ±1: both affect the result, so both are reproduced.
/// </summary>
internal static class KWeighting
{
    /// <summary>The shelf at 1.5 kHz must lie below half the rate.</summary>
    public const int MinSampleRate = 3001;

    /// <summary>Filters one channel in place.</summary>
    /// <param name="samples">The channel.</param>
    /// <param name="sampleRate">In hertz.</param>
    /// <param name="clip">Whether the output of each filter is clipped at ±1, as torchaudio does and descript's audiotools does not.</param>
    public static void Apply(Span<float> samples, int sampleRate, bool clip = true)
    {
        var limit = clip ? 1f : float.PositiveInfinity;
        Shelf(sampleRate).Run(samples, limit);
        HighPass(sampleRate).Run(samples, limit);
    }

    /// <summary>The Audio EQ Cookbook's high shelf.</summary>
    public static Biquad Shelf(int sampleRate)
    {
        var angle = (float)(2 * Math.PI) * 1500f / sampleRate;
        var alpha = MathF.Sin(angle) / 2 / (float)(1 / Math.Sqrt(2));
        var gain = MathF.Exp(4f / 40 * (float)Math.Log(10));
        var root = 2 * MathF.Sqrt(gain) * alpha;
        var less = (gain - 1) * MathF.Cos(angle);
        var more = (gain + 1) * MathF.Cos(angle);
        return new Biquad(
            gain * (gain + 1 + less + root), -2 * gain * (gain - 1 + more), gain * (gain + 1 + less - root),
            gain + 1 - less + root, 2 * (gain - 1 - more), gain + 1 - less - root);
    }

    /// <summary>The Audio EQ Cookbook's high pass.</summary>
    public static Biquad HighPass(int sampleRate)
    {
        var angle = (float)(2 * Math.PI) * 38f / sampleRate;
        var alpha = MathF.Sin(angle) / 2 / 0.5f;
        var cosine = MathF.Cos(angle);
        return new Biquad((1 + cosine) / 2, -1 - cosine, (1 + cosine) / 2, 1 + alpha, -2 * cosine, 1 - alpha);
    }

    /// <summary>y[n] = (b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2]) / a0, from silence.</summary>
    public sealed record Biquad(float B0, float B1, float B2, float A0, float A1, float A2)
    {
        public void Run(Span<float> samples, float limit)
        {
            var (b0, b1, b2, a0, a1, a2) = (B0, B1, B2, A0, A1 / A0, A2 / A0);
            float x1 = 0, x2 = 0, y1 = 0, y2 = 0;
            foreach (ref var sample in samples)
            {
                var x = sample;
                var y = (b2 * x2 + b1 * x1 + b0 * x) / a0 - a2 * y2 - a1 * y1;
                (x2, x1, y2, y1) = (x1, x, y1, y);
                sample = Math.Clamp(y, -limit, limit);
            }
        }
    }
}
