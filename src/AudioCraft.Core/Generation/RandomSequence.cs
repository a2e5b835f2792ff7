namespace AudioCraft.Generation;

/// <summary>
/// The random numbers of one item of a request (SplitMix64, Steele, Lea and Flood 2014). They depend on the request's seed and on
/// the number of earlier items with the same description, not on the batch: a description gives the same audio alone and in a batch,
/// and a description that occurs twice in a batch gives different audio.
/// </summary>
internal struct RandomSequence
{
    private const ulong Increment = 0x9E3779B97F4A7C15;
    private ulong state;

    public RandomSequence(long seed, int occurrence)
    {
        state = unchecked((ulong)seed);
        state = Mix(state + Increment) ^ unchecked(Mix((ulong)occurrence * Increment) * 3);
    }

    /// <summary>One sequence for each item of a request: from the items' own seeds, the request's seed or a random one.</summary>
    /// <exception cref="ArgumentException">The number of item seeds differs from the number of items.</exception>
    public static RandomSequence[] ForItems(GenerationParams parameters, IReadOnlyList<string?> descriptions)
    {
        if (parameters.ItemSeeds is not { } seeds)
        {
            return ForItems(parameters.Seed ?? Random.Shared.NextInt64(), descriptions);
        }

        return seeds.Count == descriptions.Count
            ? [.. seeds.Select(seed => new RandomSequence(seed, 0))]
            : throw new ArgumentException($"{nameof(GenerationParams.ItemSeeds)} has {seeds.Count} seeds for {descriptions.Count} items.", nameof(parameters));
    }

    /// <summary>One sequence for each item, from one seed.</summary>
    public static RandomSequence[] ForItems(long seed, IReadOnlyList<string?> descriptions)
    {
        var seen = new Dictionary<string, int>();
        return [.. descriptions.Select(text =>
        {
            var occurrence = seen.GetValueOrDefault(text ?? "");
            seen[text ?? ""] = occurrence + 1;
            return new RandomSequence(seed, occurrence);
        })];
    }

    /// <summary>The next number, in [0, 1).</summary>
    public double Next()
    {
        state = unchecked(state + Increment);
        return (Mix(state) >> 11) * (1.0 / (1UL << 53));
    }

    private static ulong Mix(ulong z)
    {
        unchecked
        {
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
