namespace AudioGenTiny.Recipe;

/// <summary>
/// Classifies audio by the kinds and properties of the synthesizer, to measure whether generated audio is what was requested: linear discriminants on log-mel statistics,
/// trained on synthetic originals, each unchanged and with the noise of lossy coding.
/// </summary>
public sealed class SoundClassifier : IDisposable
{
    private const double KindShrinkage = 0.1, PropertyShrinkage = 0.3, Naming = 0.75;

    private readonly LogMel _mel;
    private readonly LinearDiscriminant _kinds;
    private readonly Dictionary<(SoundKind, SoundProperty), LinearDiscriminant> _properties;

    private SoundClassifier(int sampleRate, LogMel mel, LinearDiscriminant kinds, Dictionary<(SoundKind, SoundProperty), LinearDiscriminant> properties) =>
        (SampleRate, _mel, _kinds, _properties) = (sampleRate, mel, kinds, properties);

    /// <summary>Sample rate of the audio, in hertz.</summary>
    public int SampleRate { get; }

    /// <summary>Generates originals and trains on them.</summary>
    /// <param name="seed">Seed of the originals; use another for evaluation.</param>
    /// <param name="perKind">Originals of each kind, at least 10; 60 are recommended.</param>
    /// <param name="sampleRate">In hertz, 8,000 to 96,000.</param>
    /// <param name="seconds">Length of the originals; classify clips of the same length.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public static SoundClassifier Train(long seed, int perKind = 60, int sampleRate = 16000, double seconds = 5)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(perKind, 10);
        if (sampleRate is < 8000 or > 96000)
        {
            throw new ArgumentOutOfRangeException(nameof(sampleRate), sampleRate, $"The sample rate is {sampleRate} Hz, but 8000 to 96000 Hz were expected.");
        }

        var mel = new LogMel(sampleRate);
        var requests = Requests(seed, perKind);
        var features = new float[requests.Count][];
        Parallel.For(0, features.Length, i =>
        {
            // Each original twice: clean, and with coding noise.
            var own = SoundRandom.Derive(seed, i / 2);
            var sound = SoundSynthesizer.Generate(requests[i], own, sampleRate, seconds);
            features[i] = SoundFeatures.Of(i % 2 == 0 ? sound : CodingNoise.Apply(sound, sampleRate, new SoundRandom(own, 0x4E4F4953)), mel);
        });

        var kinds = LinearDiscriminant.Fit([.. features.Select(WithoutLevel)], [.. requests.Select(r => (int)r.Kind)], SoundCatalog.Kinds.Count, KindShrinkage);
        var properties = new Dictionary<(SoundKind, SoundProperty), LinearDiscriminant>();
        foreach (var kind in SoundCatalog.Kinds)
        {
            foreach (var property in SoundCatalog.Properties(kind))
            {
                var chosen = Enumerable.Range(0, requests.Count).Where(i => requests[i].Kind == kind && requests[i].Value(property) != SoundTraits.None).ToList();
                properties[(kind, property)] = LinearDiscriminant.Fit(
                    [.. chosen.Select(i => features[i])],
                    [.. chosen.Select(i => requests[i].Value(property) == SoundCatalog.Values(property).First ? 0 : 1)], 2, PropertyShrinkage);
            }
        }

        return new SoundClassifier(sampleRate, mel, kinds, properties);
    }

    /// <summary>The most likely kind, independent of volume.</summary>
    /// <param name="sound">Samples of one channel at <see cref="SampleRate"/>.</param>
    /// <exception cref="ArgumentException">The audio is empty.</exception>
    public SoundKind Kind(ReadOnlySpan<float> sound) => KindOf(Features(sound));

    /// <summary>The most likely value of a property, given the kind.</summary>
    /// <param name="sound">Samples of one channel at <see cref="SampleRate"/>.</param>
    /// <param name="kind">Kind of the audio.</param>
    /// <param name="property">A property of that kind.</param>
    /// <returns>One of <see cref="SoundCatalog.Values"/>.</returns>
    /// <exception cref="ArgumentException">The kind lacks the property, or the audio is empty.</exception>
    public SoundTraits Value(ReadOnlySpan<float> sound, SoundKind kind, SoundProperty property)
    {
        if (!_properties.ContainsKey((kind, property)))
        {
            throw new ArgumentException($"{kind} has no {property}, only {string.Join(", ", SoundCatalog.Properties(kind))}.", nameof(property));
        }

        return ValueOf(Features(sound), kind, property);
    }

    /// <summary>Releases the filters.</summary>
    public void Dispose() => _mel.Dispose();

    internal SoundKind KindOf(float[] features) => (SoundKind)_kinds.Classify(WithoutLevel(features));

    internal SoundTraits ValueOf(float[] features, SoundKind kind, SoundProperty property)
    {
        var (first, second) = SoundCatalog.Values(property);
        return _properties[(kind, property)].Classify(features) == 0 ? first : second;
    }

    internal float[] Features(ReadOnlySpan<float> sound) => sound.IsEmpty
        ? throw new ArgumentException("The audio is empty.", nameof(sound))
        : SoundFeatures.Of(sound, _mel);

    private static float[] WithoutLevel(float[] features) => features[..^SoundFeatures.LevelCount];

    /// <summary>The same number of each kind, each twice in a row. The first two name the first and the second value of all properties, so that every class has an example.</summary>
    private static List<SynthesisRequest> Requests(long seed, int perKind) =>
        [.. from kind in SoundCatalog.Kinds
            from i in Enumerable.Range(0, perKind)
            from copy in Enumerable.Range(0, 2)
            select i < 2 ? All(kind, second: i == 1) : SynthesisRequest.Sample(kind, SoundRandom.Derive(seed, ((long)kind << 32) + i), Naming)];

    private static SynthesisRequest All(SoundKind kind, bool second) =>
        new(kind, SoundCatalog.Properties(kind).Select(SoundCatalog.Values).Aggregate(SoundTraits.None, (traits, values) => traits | (second ? values.Second : values.First)));
}
