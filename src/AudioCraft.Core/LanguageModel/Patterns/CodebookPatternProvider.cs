using System.Collections.Concurrent;

namespace AudioCraft;

/// <summary>Creates the pattern of a model for any number of frames. Patterns are cached.</summary>
public abstract class CodebookPatternProvider
{
    private const int MaxCachedPatterns = 100;

    /// <summary>All patterns: upstream's name, and how a configuration creates the provider. A new pattern needs a kind and a row here.</summary>
    private static readonly (CodebookPatternKind Kind, string Name, Func<LMConfig, CodebookPatternProvider> Create)[] Patterns =
    [
        (CodebookPatternKind.Delay, "delay", config => new DelayedPatternProvider(config.NumCodebooks, config.Delays, config.FlattenFirst, config.EmptyInitial)),
        (CodebookPatternKind.Parallel, "parallel", config => new ParallelPatternProvider(config.NumCodebooks, config.EmptyInitial)),
        (CodebookPatternKind.Unroll, "unroll", config => new UnrolledPatternProvider(config.NumCodebooks, config.Flattening, config.Delays)),
        (CodebookPatternKind.CoarseFirst, "coarse_first", config => new CoarseFirstPatternProvider(config.NumCodebooks, config.Delays)),
        (CodebookPatternKind.MusicLM, "musiclm", config => new MusicLMPatternProvider(config.NumCodebooks, config.CodebookGroup)),
    ];

    private readonly ConcurrentDictionary<int, CodebookPattern> cache = new();

    /// <summary>Creates a provider for <paramref name="numCodebooks"/> codebooks.</summary>
    protected CodebookPatternProvider(int numCodebooks)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(numCodebooks, 1);
        NumCodebooks = numCodebooks;
    }

    /// <summary>Number of codebooks, K.</summary>
    public int NumCodebooks { get; }

    /// <summary>Returns the pattern for <paramref name="timesteps"/> frames (at least 1).</summary>
    public CodebookPattern GetPattern(int timesteps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timesteps, 1);
        if (cache.Count >= MaxCachedPatterns)
        {
            cache.Clear();
        }

        return cache.GetOrAdd(timesteps, count => new CodebookPattern(CreateSteps(count), NumCodebooks, count));
    }

    /// <summary>Creates the provider of a configuration's pattern.</summary>
    /// <exception cref="ArgumentException">The pattern's options are inconsistent with one another or with the number of codebooks.</exception>
    internal static CodebookPatternProvider Create(LMConfig config) => Row(config.Pattern).Create(config);

    /// <summary>Upstream's name of a pattern (<c>codebooks_pattern.modeling</c>).</summary>
    internal static string NameOf(CodebookPatternKind kind) => Row(kind).Name;

    /// <summary>The pattern of one of upstream's names.</summary>
    /// <exception cref="CheckpointException">The name is unknown.</exception>
    internal static CodebookPatternKind KindOf(string name)
    {
        var row = Array.FindIndex(Patterns, pattern => pattern.Name == name);
        return row >= 0
            ? Patterns[row].Kind
            : throw new CheckpointException($"codebooks_pattern.modeling '{name}' is not supported; the supported patterns are {string.Join(", ", Patterns.Select(pattern => pattern.Name))}.");
    }

    private static (CodebookPatternKind Kind, string Name, Func<LMConfig, CodebookPatternProvider> Create) Row(CodebookPatternKind kind)
    {
        var row = Array.FindIndex(Patterns, pattern => pattern.Kind == kind);
        return row >= 0 ? Patterns[row] : throw new ArgumentOutOfRangeException(nameof(kind), kind, "The pattern is unknown.");
    }

    /// <summary>Returns the codes of each step of the sequence.</summary>
    protected abstract IReadOnlyList<IReadOnlyList<CodeCoordinate>> CreateSteps(int timesteps);

    /// <summary>Checks the length and the order of a list.</summary>
    private protected static int[] Ascending(IReadOnlyList<int> values, int length, string name)
    {
        if (values.Count != length || values.Zip(values.Skip(1)).Any(pair => pair.Second < pair.First) || values.Any(v => v < 0))
        {
            throw new ArgumentException($"{length} numbers from 0, none below the one before, are expected, not [{string.Join(", ", values)}].", name);
        }

        return [.. values];
    }
}

/// <summary>Arrangements of the codes of several codebooks in one sequence (MusicGen, section 2.2).</summary>
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
