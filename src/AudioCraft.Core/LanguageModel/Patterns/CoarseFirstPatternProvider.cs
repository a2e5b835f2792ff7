namespace AudioCraft;

/// <summary>
/// The whole first codebook, followed by the others together, with delays (audiocraft/modules/codebooks_patterns.py).
/// With three codebooks and two frames the sequence is (S is the special token)
/// <code>
/// S 1 2 S S
/// S S S 1 2
/// S S S 1 2
/// </code>
/// Fine codes depend on coarse codes that are later in time, so the generated duration must equal that of training.
/// </summary>
public sealed class CoarseFirstPatternProvider : CodebookPatternProvider
{
    private readonly int[] delays;

    /// <summary>Creates the pattern's provider.</summary>
    /// <param name="numCodebooks">Number of codebooks, K, at least 2.</param>
    /// <param name="delays">Delay of each codebook except the first in steps, not decreasing; 0 if null.</param>
    /// <exception cref="ArgumentException">There is only one codebook, or the delays have the wrong count or decrease.</exception>
    public CoarseFirstPatternProvider(int numCodebooks, IReadOnlyList<int>? delays = null) : base(numCodebooks)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(numCodebooks, 2);
        this.delays = delays is null ? new int[numCodebooks - 1] : Ascending(delays, numCodebooks - 1, nameof(delays));
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<IReadOnlyList<CodeCoordinate>> CreateSteps(int timesteps)
    {
        var steps = new List<IReadOnlyList<CodeCoordinate>> { Array.Empty<CodeCoordinate>() };
        for (var t = 0; t < timesteps; t++)
        {
            steps.Add([new CodeCoordinate(t, 0)]);
        }

        for (var t = 0; t < timesteps + delays[^1]; t++)
        {
            steps.Add([.. delays.Select((delay, q) => new CodeCoordinate(t - delay, q + 1)).Where(c => c.Timestep >= 0)]);
        }

        return steps;
    }
}
