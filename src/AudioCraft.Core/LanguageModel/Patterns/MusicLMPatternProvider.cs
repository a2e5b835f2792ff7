namespace AudioCraft;

/// <summary>
/// One code a step, group of codebooks after group, as in MusicLM (Agostinelli et al. 2023; audiocraft/modules/codebooks_patterns.py).
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
    /// <param name="groupBy">Codebooks of a group; K is a multiple of it.</param>
    /// <exception cref="ArgumentException">The groups do not come out even.</exception>
    public MusicLMPatternProvider(int numCodebooks, int groupBy = 2) : base(numCodebooks)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(groupBy, 1);
        if (numCodebooks % groupBy != 0)
        {
            throw new ArgumentException($"{numCodebooks} codebooks do not fall into groups of {groupBy}.", nameof(groupBy));
        }

        this.groupBy = groupBy;
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<IReadOnlyList<CodeCoordinate>> Layout(int timesteps)
    {
        var layout = new List<IReadOnlyList<CodeCoordinate>> { Array.Empty<CodeCoordinate>() };
        for (var first = 0; first < NumCodebooks; first += groupBy)
        {
            for (var t = 0; t < timesteps; t++)
            {
                for (var q = first; q < first + groupBy; q++)
                {
                    layout.Add([new CodeCoordinate(t, q)]);
                }
            }
        }

        return layout;
    }
}
