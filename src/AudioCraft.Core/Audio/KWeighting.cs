namespace AudioCraft.Audio;

/// <summary>
/// The two filters of ITU-R BS.1770-4 as torchaudio's <c>Loudness</c> designs them: a shelf of +4 dB above 1.5 kHz (the head) and a high pass at 38 Hz.
/// Upstream's numbers are float32 throughout, coefficients included, and its filters clip their output at ±1: both affect the result, so both are reproduced.
/// </summary>
public static class KWeighting
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

    /// <summary>Impulse responses of the two filters, for filtering by convolution. They end where they have decayed to 1e-9.</summary>
    /// <param name="sampleRate">In hertz, at least <see cref="MinSampleRate"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is too low.</exception>
    public static (float[] Shelf, float[] HighPass) ImpulseResponses(int sampleRate)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sampleRate, MinSampleRate);
        return (Shelf(sampleRate).ImpulseResponse(sampleRate), HighPass(sampleRate).ImpulseResponse(sampleRate));
    }

    /// <summary>The Audio EQ Cookbook's high shelf of +4 dB at 1.5 kHz.</summary>
    /// <param name="sampleRate">In hertz, at least <see cref="MinSampleRate"/>.</param>
    internal static Biquad Shelf(int sampleRate)
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

    /// <summary>The Audio EQ Cookbook's high pass at 38 Hz.</summary>
    /// <param name="sampleRate">In hertz.</param>
    internal static Biquad HighPass(int sampleRate)
    {
        var angle = (float)(2 * Math.PI) * 38f / sampleRate;
        var alpha = MathF.Sin(angle) / 2 / 0.5f;
        var cosine = MathF.Cos(angle);
        return new Biquad((1 + cosine) / 2, -1 - cosine, (1 + cosine) / 2, 1 + alpha, -2 * cosine, 1 - alpha);
    }

    /// <summary>A second-order filter: y[n] = (b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2]) / a0, from silence.</summary>
    /// <param name="B0">Coefficient of the current input.</param>
    /// <param name="B1">Coefficient of the previous input.</param>
    /// <param name="B2">Coefficient of the input before it.</param>
    /// <param name="A0">Divisor.</param>
    /// <param name="A1">Coefficient of the previous output.</param>
    /// <param name="A2">Coefficient of the output before it.</param>
    internal sealed record Biquad(float B0, float B1, float B2, float A0, float A1, float A2)
    {
        private const double Negligible = 1e-9;

        /// <summary>The response to a unit impulse, computed in float64; at most <paramref name="maxLength"/> samples.</summary>
        public float[] ImpulseResponse(int maxLength)
        {
            var (b0, b1, b2) = (B0 / (double)A0, B1 / (double)A0, B2 / (double)A0);
            var (a1, a2) = (A1 / (double)A0, A2 / (double)A0);
            var response = new List<float>();
            double x1 = 0, x2 = 0, y1 = 0, y2 = 0;
            for (var n = 0; n < 3 || (n < maxLength && Math.Abs(y1) + Math.Abs(y2) > Negligible); n++)
            {
                var x = n == 0 ? 1.0 : 0;
                var y = (b0 * x) + (b1 * x1) + (b2 * x2) - (a1 * y1) - (a2 * y2);
                (x2, x1, y2, y1) = (x1, x, y1, y);
                response.Add((float)y);
            }

            return [.. response];
        }

        /// <summary>Filters samples in place.</summary>
        /// <param name="samples">The samples of one channel.</param>
        /// <param name="limit">The output is clipped at ± this.</param>
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
