namespace AudioGenTiny.Recipe;

/// <summary>SplitMix64 (Steele, Lea and Flood 2014): the same numbers on every machine and version of .NET.</summary>
internal sealed class SoundRandom(long seed, ulong stream)
{
    private ulong _state = Mix(unchecked((ulong)seed) + 0x9E3779B97F4A7C15) ^ Mix(stream * 0xD1B54A32D192ED03);

    public ulong Next() => Mix(_state += 0x9E3779B97F4A7C15);

    /// <summary>From 0 to below 1.</summary>
    public double Uniform() => (Next() >> 11) * (1.0 / (1UL << 53));

    public double Between(double low, double high) => low + (high - low) * Uniform();

    public int Below(int count) => (int)(((Next() >> 32) * (ulong)count) >> 32);

    /// <summary>From -1 to below 1: one sample of white noise.</summary>
    public float Noise() => (int)(Next() >> 32) * (1f / 2147483648f);

    /// <summary>The seed of item <paramref name="index"/> under <paramref name="seed"/>.</summary>
    public static long Derive(long seed, long index) => unchecked((long)Mix(Mix((ulong)seed + 0x632BE59BD9B4E019) + (ulong)index * 0x9E3779B97F4A7C15));

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
