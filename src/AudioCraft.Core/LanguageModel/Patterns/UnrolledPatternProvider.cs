namespace AudioCraft;

/// <summary>
/// The flattening pattern of MusicGen (section 2.2; audiocraft/modules/codebooks_patterns.py): each frame has several inner steps, and each codebook
/// is in one of them. With three codebooks, two frames and the inner steps 0, 1, 1 the sequence is (S is the special token)
/// <code>
/// S 1 S 2 S
/// S S 1 S 2
/// S S 1 S 2
/// </code>
/// </summary>
public sealed class UnrolledPatternProvider : CodebookPatternProvider
{
    private const int MaxInnerSteps = 1024;
    private readonly int longestDelay;

    /// <summary>The codebooks of each inner step, possibly none, and their delay in frames.</summary>
    private readonly (int[] Codebooks, int Delay)[] innerSteps;

    /// <summary>Creates the pattern's provider.</summary>
    /// <param name="numCodebooks">Number of codebooks, K.</param>
    /// <param name="flattening">Inner step of each codebook, not decreasing; 0, 1, …, K-1 if null.</param>
    /// <param name="delays">Delay of each codebook in frames, not decreasing; 0 if null.</param>
    /// <exception cref="ArgumentException">A list has the wrong length or decreases, or codebooks of one inner step have different delays.</exception>
    public UnrolledPatternProvider(int numCodebooks, IReadOnlyList<int>? flattening = null, IReadOnlyList<int>? delays = null) : base(numCodebooks)
    {
        int[] steps = flattening is null ? [.. Enumerable.Range(0, numCodebooks)] : Ascending(flattening, numCodebooks, nameof(flattening));
        var delayed = delays is null ? new int[numCodebooks] : Ascending(delays, numCodebooks, nameof(delays));
        if (steps[^1] > MaxInnerSteps)
        {
            throw new ArgumentOutOfRangeException(nameof(flattening), steps[^1], $"Inner steps from 0 to {MaxInnerSteps} are expected.");
        }

        longestDelay = delayed[^1];
        innerSteps = new (int[], int)[steps[^1] + 1];
        for (var step = 0; step < innerSteps.Length; step++)
        {
            var codebooks = Enumerable.Range(0, numCodebooks).Where(q => steps[q] == step).ToArray();
            if (codebooks.Select(q => delayed[q]).Distinct().Count() > 1)
            {
                throw new ArgumentException(
                    $"Codebooks {string.Join(", ", codebooks)} share inner step {step} and need one delay, not {string.Join(", ", codebooks.Select(q => delayed[q]))}.", nameof(delays));
            }

            innerSteps[step] = (codebooks, codebooks.Length == 0 ? 0 : delayed[codebooks[0]]);
        }
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<IReadOnlyList<CodeCoordinate>> CreateSteps(int timesteps)
    {
        var end = timesteps + longestDelay;
        var steps = new List<(int Frame, CodeCoordinate[] Codes)> { (-1, []) };
        for (var t = 0; t < end; t++)
        {
            foreach (var (codebooks, delay) in innerSteps)
            {
                if (t + delay < end)
                {
                    steps.Add((t + delay, [.. codebooks.Select(q => new CodeCoordinate(t, q))]));
                }
            }
        }

        // Upstream sorts steps together with their codes: steps of one frame are in the order of their codes, empty ones first.
        return [.. steps.OrderBy(step => step.Frame).ThenBy(step => step.Codes, Comparer<CodeCoordinate[]>.Create(Compare)).Select(step => step.Codes)];
    }

    private static int Compare(CodeCoordinate[] left, CodeCoordinate[] right)
    {
        for (var i = 0; i < Math.Min(left.Length, right.Length); i++)
        {
            var order = (left[i].Timestep, left[i].Codebook).CompareTo((right[i].Timestep, right[i].Codebook));
            if (order != 0)
            {
                return order;
            }
        }

        return left.Length.CompareTo(right.Length);
    }
}
