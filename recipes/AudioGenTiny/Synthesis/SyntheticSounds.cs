namespace AudioGenTiny.Recipe;

/// <summary>A synthetic sound with its request.</summary>
/// <param name="Samples">Mono samples within ±1.</param>
/// <param name="Description">Description of the request.</param>
/// <param name="Request">Kind and named properties.</param>
public sealed record SyntheticSound(float[] Samples, string Description, SynthesisRequest Request);

/// <summary>An endless list of described sounds. Item i of a seed is always the same, in any order and on any number of threads.</summary>
/// <param name="seed">Seed of the list; use different ones for training and evaluation.</param>
public sealed class SyntheticSounds(long seed)
{
    /// <summary>In hertz, 4,000 to 192,000.</summary>
    public int SampleRate { get; init; } = 16000;

    /// <summary>Length of every clip.</summary>
    public double Seconds { get; init; } = 5;

    /// <summary>Probability that a property is named.</summary>
    public double Naming { get; init; } = 0.45;

    /// <summary>Set of the wordings of the descriptions.</summary>
    public SoundWording Wording { get; init; }

    /// <summary>The request of item <paramref name="index"/>.</summary>
    /// <param name="index">Any number.</param>
    public SynthesisRequest Request(long index) => SynthesisRequest.Sample(SoundRandom.Derive(seed, index), Naming);

    /// <summary>The description of item <paramref name="index"/>.</summary>
    /// <param name="index">Any number.</param>
    /// <param name="variation">Other numbers give other descriptions of the same sound.</param>
    public string Describe(long index, long variation = 0) => SoundDescriber.Describe(Request(index), SoundRandom.Derive(SoundRandom.Derive(seed, index), variation), Wording);

    /// <summary>Generates item <paramref name="index"/>.</summary>
    /// <param name="index">Any number.</param>
    public SyntheticSound Item(long index)
    {
        var request = Request(index);
        return new SyntheticSound(SoundSynthesizer.Generate(request, SoundRandom.Derive(seed, index), SampleRate, Seconds), Describe(index), request);
    }

    /// <summary>Generates items in order, on several threads.</summary>
    /// <param name="start">The first item.</param>
    /// <param name="count">Number of items, at least 0.</param>
    /// <param name="threads">Number of threads; by default one per core.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative, or the number of threads is below 1.</exception>
    public IEnumerable<SyntheticSound> Items(long start, int count, int? threads = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var workers = threads ?? Environment.ProcessorCount;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(workers, nameof(threads));
        return Enumerable.Range(0, count).AsParallel().AsOrdered().WithDegreeOfParallelism(Math.Min(workers, 512)).Select(i => Item(start + i));
    }
}
