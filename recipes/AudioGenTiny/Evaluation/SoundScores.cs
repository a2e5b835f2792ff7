namespace AudioGenTiny.Recipe;

/// <summary>A count of correct results.</summary>
/// <param name="Right">Number of correct results.</param>
/// <param name="Count">Number of results.</param>
public readonly record struct Tally(int Right, int Count)
{
    /// <summary>Percentage of correct results; NaN for none.</summary>
    public double Percent => Count == 0 ? double.NaN : 100.0 * Right / Count;

    /// <summary>The sum of two tallies.</summary>
    /// <param name="a">One.</param>
    /// <param name="b">The other.</param>
    public static Tally operator +(Tally a, Tally b) => Add(a, b);

    /// <summary>The sum of two tallies.</summary>
    /// <param name="a">One.</param>
    /// <param name="b">The other.</param>
    public static Tally Add(Tally a, Tally b) => new(a.Right + b.Right, a.Count + b.Count);
}

/// <summary>What a classifier heard in sounds of one origin.</summary>
public sealed class SoundScores
{
    private readonly Dictionary<SoundKind, Tally> _kinds = [];
    private readonly Dictionary<(SoundKind Kind, SoundProperty Property), Tally> _properties = [];
    private readonly Dictionary<(SoundKind Asked, SoundKind Heard), int> _mistakes = [];

    /// <param name="name">Where the sounds come from.</param>
    public SoundScores(string name) => Name = name;

    /// <summary>Where the sounds come from.</summary>
    public string Name { get; }

    /// <summary>Of all sounds, how many were heard as the asked kind.</summary>
    public Tally Kinds => Sum(_kinds.Values);

    /// <summary>Of all named values of properties, how many were heard.</summary>
    public Tally Properties => Sum(_properties.Values);

    /// <summary>Asked and heard kinds that differ, the most frequent first.</summary>
    public IReadOnlyList<(SoundKind Asked, SoundKind Heard, int Times)> Mistakes =>
        [.. _mistakes.OrderByDescending(m => m.Value).ThenBy(m => m.Key).Select(m => (m.Key.Asked, m.Key.Heard, m.Value))];

    /// <summary>How many sounds of a kind were heard as it.</summary>
    /// <param name="kind">The asked kind.</param>
    public Tally Kind(SoundKind kind) => _kinds.GetValueOrDefault(kind);

    /// <summary>How many named values of a property were heard, whatever the kind.</summary>
    /// <param name="property">The property.</param>
    public Tally Property(SoundProperty property) => Sum(_properties.Where(p => p.Key.Property == property).Select(p => p.Value));

    /// <summary>How many named values of a property were heard in sounds of one kind.</summary>
    /// <param name="kind">The asked kind.</param>
    /// <param name="property">The property.</param>
    public Tally Property(SoundKind kind, SoundProperty property) => _properties.GetValueOrDefault((kind, property));

    /// <summary>Listens to one sound. Properties are judged as those of the asked kind.</summary>
    /// <param name="classifier">The classifier.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="sound">Samples of one channel at the classifier's rate.</param>
    /// <exception cref="ArgumentException">The sound is empty.</exception>
    public void Add(SoundClassifier classifier, SynthesisRequest request, ReadOnlySpan<float> sound)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        request.Validate(nameof(request));
        var features = classifier.Features(sound);
        var heard = classifier.KindOf(features);
        _kinds[request.Kind] = Kind(request.Kind) + new Tally(heard == request.Kind ? 1 : 0, 1);
        if (heard != request.Kind)
        {
            _mistakes[(request.Kind, heard)] = _mistakes.GetValueOrDefault((request.Kind, heard)) + 1;
        }

        foreach (var property in SoundCatalogue.Properties(request.Kind).Where(p => request.Value(p) != SoundTraits.None))
        {
            var right = classifier.ValueOf(features, request.Kind, property) == request.Value(property);
            _properties[(request.Kind, property)] = Property(request.Kind, property) + new Tally(right ? 1 : 0, 1);
        }
    }

    private static Tally Sum(IEnumerable<Tally> tallies) => tallies.Aggregate(default(Tally), Tally.Add);
}
