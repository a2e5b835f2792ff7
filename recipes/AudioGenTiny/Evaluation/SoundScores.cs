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

/// <summary>Classification results of audio of one origin.</summary>
public sealed class SoundScores
{
    private readonly Dictionary<SoundKind, Tally> _kinds = [];
    private readonly Dictionary<(SoundKind Kind, SoundProperty Property), Tally> _properties = [];
    private readonly Dictionary<(SoundKind Requested, SoundKind Recognized), int> _mistakes = [];

    /// <param name="name">Origin of the audio.</param>
    public SoundScores(string name) => Name = name;

    /// <summary>Origin of the audio.</summary>
    public string Name { get; }

    /// <summary>How often the requested kind was recognized.</summary>
    public Tally Kinds => Sum(_kinds.Values);

    /// <summary>How often named values of properties were recognized.</summary>
    public Tally Properties => Sum(_properties.Values);

    /// <summary>Confused kinds, the most frequent first.</summary>
    public IReadOnlyList<(SoundKind Requested, SoundKind Recognized, int Times)> Mistakes =>
        [.. _mistakes.OrderByDescending(m => m.Value).ThenBy(m => m.Key).Select(m => (m.Key.Requested, m.Key.Recognized, m.Value))];

    /// <summary>How often a kind was recognized.</summary>
    /// <param name="kind">The requested kind.</param>
    public Tally Kind(SoundKind kind) => _kinds.GetValueOrDefault(kind);

    /// <summary>How often named values of a property were recognized, over all kinds.</summary>
    /// <param name="property">The property.</param>
    public Tally Property(SoundProperty property) => Sum(_properties.Where(p => p.Key.Property == property).Select(p => p.Value));

    /// <summary>How often named values of a property were recognized for one kind.</summary>
    /// <param name="kind">The requested kind.</param>
    /// <param name="property">The property.</param>
    public Tally Property(SoundKind kind, SoundProperty property) => _properties.GetValueOrDefault((kind, property));

    /// <summary>Classifies one item. Properties are classified given the requested kind.</summary>
    /// <param name="classifier">The classifier.</param>
    /// <param name="request">The request.</param>
    /// <param name="sound">Samples of one channel at the classifier's rate.</param>
    /// <exception cref="ArgumentException">The sound is empty.</exception>
    public void Add(SoundClassifier classifier, SynthesisRequest request, ReadOnlySpan<float> sound)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        request.Validate(nameof(request));
        var features = classifier.Features(sound);
        var recognized = classifier.KindOf(features);
        _kinds[request.Kind] = Kind(request.Kind) + new Tally(recognized == request.Kind ? 1 : 0, 1);
        if (recognized != request.Kind)
        {
            _mistakes[(request.Kind, recognized)] = _mistakes.GetValueOrDefault((request.Kind, recognized)) + 1;
        }

        foreach (var property in SoundCatalog.Properties(request.Kind).Where(p => request.Value(p) != SoundTraits.None))
        {
            var right = classifier.ValueOf(features, request.Kind, property) == request.Value(property);
            _properties[(request.Kind, property)] = Property(request.Kind, property) + new Tally(right ? 1 : 0, 1);
        }
    }

    private static Tally Sum(IEnumerable<Tally> tallies) => tallies.Aggregate(default(Tally), Tally.Add);
}
