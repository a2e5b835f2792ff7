namespace AudioCraft.Generation;

/// <summary>
/// The random numbers of one item of a request (SplitMix64, Steele, Lea and Flood 2014). They follow from the request's seed and from
/// how many items before it have the same description, not from the batch: a description gives the same sound alone and among others,
/// and yet the same description twice in a batch gives two sounds.
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

    /// <summary>One sequence for each item of a request: from the items' own seeds, or from the request's, or anew.</summary>
    /// <exception cref="ArgumentException">There are seeds of items, but not one for each.</exception>
    public static RandomSequence[] ForItems(GenerationParams parameters, IReadOnlyList<string?> descriptions)
    {
        if (parameters.ItemSeeds is not { } seeds)
        {
            return ForItems(parameters.Seed ?? Random.Shared.NextInt64(), descriptions);
        }

        return seeds.Count == descriptions.Count
            ? [.. seeds.Select(seed => new RandomSequence(seed, 0))]
            : throw new ArgumentException($"{nameof(GenerationParams.ItemSeeds)} has {seeds.Count} seeds for {descriptions.Count} items.");
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
