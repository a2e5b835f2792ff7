namespace AudioCraft;

/// <summary>
/// The delay pattern of MusicGen and AudioGen: codebook k of a frame is predicted <c>delays[k]</c> steps after the frame's first.
/// With three codebooks and four frames the sequence is (S is the special token)
/// <code>
/// S 1 2 3 4 S S
/// S S 1 2 3 4 S
/// S S S 1 2 3 4
/// </code>
/// </summary>
public sealed class DelayedPatternProvider : CodebookPatternProvider
{
    private readonly int[] delays;
    private readonly int flattenFirst;
    private readonly int emptyInitial;

    /// <summary>Creates the pattern's provider.</summary>
    /// <param name="numCodebooks">Number of codebooks, K.</param>
    /// <param name="delays">Delay of each codebook in steps, not decreasing; 0, 1, …, K-1 if null.</param>
    /// <param name="flattenFirst">Number of frames at the start with one step for each code.</param>
    /// <param name="emptyInitial">Number of empty steps after the special one; below 0, the special step is omitted too.</param>
    public DelayedPatternProvider(int numCodebooks, IReadOnlyList<int>? delays = null, int flattenFirst = 0, int emptyInitial = 0)
        : base(numCodebooks)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(flattenFirst);
        this.delays = delays is null ? [.. Enumerable.Range(0, numCodebooks)] : Ascending(delays, numCodebooks, nameof(delays));
        this.flattenFirst = flattenFirst;
        this.emptyInitial = emptyInitial;
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<IReadOnlyList<CodeCoordinate>> CreateSteps(int timesteps)
    {
        var steps = new List<IReadOnlyList<CodeCoordinate>>();
        for (var i = emptyInitial < 0 ? 1 : -emptyInitial; i <= 0; i++)
        {
            steps.Add([]);
        }

        for (var t = 0; t < Math.Min(timesteps, flattenFirst); t++)
        {
            for (var q = 0; q < NumCodebooks; q++)
            {
                steps.Add([new CodeCoordinate(t, q)]);
            }
        }

        for (var t = flattenFirst; t < timesteps + delays[^1]; t++)
        {
            steps.Add([.. delays.Select((delay, q) => new CodeCoordinate(t - delay, q)).Where(c => c.Timestep >= flattenFirst)]);
        }

        return steps;
    }
}
