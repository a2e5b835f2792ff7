namespace AudioGenTiny.Recipe;

/// <summary>
/// Simulates lossy coding: fluctuating band levels, noise that follows the signal, a noise floor in silence, and missing high frequencies.
/// A classifier trained with it does not depend on clean audio.
/// </summary>
internal static class CodingNoise
{
    private const int Bands = 10;

    public static float[] Apply(float[] sound, int rate, SoundRandom random)
    {
        var result = (float[])sound.Clone();
        var (wander, follow) = (random.Between(0, 5), random.Between(0, 0.7));
        for (var band = 0; band < Bands; band++)
        {
            Wander(sound, result, rate, 120 * Math.Pow(1.55, band), wander, (float)follow, random);
        }

        if (random.Uniform() < 0.7)
        {
            var high = Biquad.LowPass(random.Between(3500, 7800), rate);
            for (var n = 0; n < result.Length; n++)
            {
                result[n] = high.Next(result[n]);
            }
        }

        var peak = 0f;
        foreach (var sample in sound)
        {
            peak = Math.Max(peak, Math.Abs(sample));
        }

        // 25 to 65 dB below the peak, white or dull.
        var floor = (float)(peak * Math.Pow(10, -random.Between(25, 65) / 20));
        var dull = Biquad.LowPass(random.Between(300, 8000), rate);
        for (var n = 0; n < result.Length; n++)
        {
            result[n] += floor * dull.Next(random.Noise());
        }

        return result;
    }

    /// <summary>One band: a random gain of up to ± <paramref name="decibels"/> every 20 ms, and noise in proportion to its level.</summary>
    private static void Wander(float[] sound, float[] result, int rate, double hertz, double decibels, float follow, SoundRandom random)
    {
        var (band, shape) = (Biquad.BandPass(hertz, rate, 1.8), Biquad.BandPass(hertz, rate, 1.8));
        var (step, gain, envelope, decay) = (Math.Max(1, rate / 50), 0f, 0f, (float)Math.Exp(-1 / (0.01 * rate)));
        for (var n = 0; n < sound.Length; n++)
        {
            if (n % step == 0)
            {
                gain = (float)(Math.Pow(10, random.Between(-decibels, decibels) / 20) - 1);
            }

            var x = band.Next(sound[n]);
            envelope = Math.Max(Math.Abs(x), decay * envelope);
            result[n] += gain * x + 2 * follow * shape.Next(envelope * random.Noise());
        }
    }
}
