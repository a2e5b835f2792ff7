namespace AudioCraft.Training.Tests;

/// <summary>Decaying harmonic tones with some noise, for training runs of a few seconds.</summary>
internal static class TestSounds
{
    /// <summary>Tones that differ in pitch, decay and level.</summary>
    public static IEnumerable<float[]> Create(long seed, int count, int sampleRate, double seconds)
    {
        for (var i = 0; i < count; i++)
        {
            var random = new SeededRandom((ulong)((seed * 1000) + i));
            var (hertz, decay, level) = (100 * Math.Pow(8, random.Uniform()), 0.1 + random.Uniform(), 0.2 + (0.6 * random.Uniform()));
            yield return [.. Enumerable.Range(0, (int)(seconds * sampleRate)).Select(n =>
            {
                var t = (double)n / sampleRate;
                var tone = Enumerable.Range(1, 3).Sum(h => Math.Sin(2 * Math.PI * h * hertz * t) / h);
                return (float)(level * ((0.6 * tone * Math.Exp(-(t % 0.5) / decay)) + (0.02 * (random.Uniform() - 0.5))));
            })];
        }
    }
}
