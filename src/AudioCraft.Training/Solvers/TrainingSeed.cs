using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// The random numbers of a step depend only on the seed of the training and the number of the step. A resumed training therefore uses
/// the same numbers, and no generator state is saved.
/// </summary>
public static class TrainingSeed
{
    /// <summary>A seed for one purpose in one step, 0 to 2⁶³ − 1.</summary>
    /// <param name="seed">Seed of the training.</param>
    /// <param name="step">Number of the step.</param>
    /// <param name="purpose">Different purposes get independent numbers.</param>
    public static long Of(long seed, long step, int purpose = 0)
    {
        var mixed = Mix(Mix(Mix(unchecked((ulong)seed)) ^ unchecked((ulong)step)) ^ unchecked((uint)purpose));
        return (long)(mixed >> 1);
    }

    /// <summary>A CPU generator for one purpose in one step. The caller disposes it.</summary>
    public static Generator NewGenerator(long seed, long step, int purpose = 0) => new((ulong)Of(seed, step, purpose));

    /// <summary>A managed generator for one purpose in one step.</summary>
    internal static SeededRandom NewRandom(long seed, long step, int purpose = 0) => new((ulong)Of(seed, step, purpose));

    // SplitMix64 (Steele, Lea and Flood 2014).
    internal static ulong Mix(ulong value)
    {
        unchecked
        {
            value += 0x9E3779B97F4A7C15;
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
            return value ^ (value >> 31);
        }
    }
}

/// <summary>The SplitMix64 generator: the same numbers on every machine and version of .NET.</summary>
internal sealed class SeededRandom(ulong seed)
{
    private ulong state = seed;

    /// <summary>0 to less than 1.</summary>
    public double Uniform() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>0 to less than <paramref name="count"/>.</summary>
    public long Below(long count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return (long)((UInt128)Next() * (ulong)count >> 64);
    }

    /// <summary>The numbers 0 to <paramref name="count"/> − 1 in random order.</summary>
    public int[] Permutation(int count)
    {
        var order = Enumerable.Range(0, count).ToArray();
        for (var i = count - 1; i > 0; i--)
        {
            var other = (int)Below(i + 1);
            (order[i], order[other]) = (order[other], order[i]);
        }

        return order;
    }

    private ulong Next()
    {
        var value = TrainingSeed.Mix(state);
        unchecked
        {
            state += 0x9E3779B97F4A7C15;
        }

        return value;
    }
}
