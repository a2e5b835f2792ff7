namespace AudioCraft;

/// <summary>How the codes of several codebooks are laid out as one sequence (MusicGen, section 2.2).</summary>
public enum CodebookPatternKind
{
    /// <summary><see cref="DelayedPatternProvider"/>.</summary>
    Delay,

    /// <summary><see cref="ParallelPatternProvider"/>.</summary>
    Parallel,

    /// <summary><see cref="UnrolledPatternProvider"/>.</summary>
    Unroll,

    /// <summary><see cref="CoarseFirstPatternProvider"/>.</summary>
    CoarseFirst,

    /// <summary><see cref="MusicLMPatternProvider"/>.</summary>
    MusicLM,
}
