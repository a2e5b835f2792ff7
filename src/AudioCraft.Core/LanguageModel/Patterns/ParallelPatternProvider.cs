namespace AudioCraft;

/// <summary>
/// All codebooks of a frame in one step: the delay pattern without delays (audiocraft/modules/codebooks_patterns.py).
/// With three codebooks and four frames the sequence is (S is the special token)
/// <code>
/// S 1 2 3 4
/// S 1 2 3 4
/// S 1 2 3 4
/// </code>
/// </summary>
/// <param name="numCodebooks">Number of codebooks, K.</param>
/// <param name="emptyInitial">Number of empty steps after the special one; below 0, the special step is omitted too.</param>
public sealed class ParallelPatternProvider(int numCodebooks, int emptyInitial = 0) : CodebookPatternProvider(numCodebooks)
{
    private readonly DelayedPatternProvider undelayed = new(numCodebooks, new int[numCodebooks], emptyInitial: emptyInitial);

    /// <inheritdoc/>
    protected override IReadOnlyList<IReadOnlyList<CodeCoordinate>> CreateSteps(int timesteps) => undelayed.GetPattern(timesteps).Steps;
}
