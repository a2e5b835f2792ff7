namespace AudioCraft;

/// <summary>
/// One code per step and one group of codebooks after another, as in MusicLM (Agostinelli et al. 2023; audiocraft/modules/codebooks_patterns.py).
/// With four codebooks in groups of two and two frames the sequence is (S is the special token)
/// <code>
/// S 1 S 2 S S S S S
/// S S 1 S 2 S S S S
/// S S S S S 1 S 2 S
/// S S S S S S 1 S 2
/// </code>
/// </summary>
public sealed class MusicLMPatternProvider : CodebookPatternProvider
{
    private readonly int groupBy;

    /// <summary>Creates the pattern's provider.</summary>
    /// <param name="numCodebooks">Number of codebooks, K.</param>
    /// <param name="groupBy">Number of codebooks in a group; a divisor of K.</param>
    /// <exception cref="ArgumentException">K is not a multiple of the group size.</exception>
    public MusicLMPatternProvider(int numCodebooks, int groupBy = 2) : base(numCodebooks)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(groupBy, 1);
        if (numCodebooks % groupBy != 0)
        {
            throw new ArgumentException($"{numCodebooks} codebooks cannot be divided into groups of {groupBy}.", nameof(groupBy));
        }

        this.groupBy = groupBy;
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<IReadOnlyList<CodeCoordinate>> CreateSteps(int timesteps)
    {
        var steps = new List<IReadOnlyList<CodeCoordinate>> { Array.Empty<CodeCoordinate>() };
        for (var first = 0; first < NumCodebooks; first += groupBy)
        {
            for (var t = 0; t < timesteps; t++)
            {
                for (var q = first; q < first + groupBy; q++)
                {
                    steps.Add([new CodeCoordinate(t, q)]);
                }
            }
        }

        return steps;
    }
}
