namespace AudioGenTiny.Recipe;

/// <summary>A made sound and what it was asked to be.</summary>
/// <param name="Samples">Within ±1, one channel.</param>
/// <param name="Description">The request in words.</param>
/// <param name="Request">Kind and named properties.</param>
public sealed record SyntheticSound(float[] Samples, string Description, SynthesisRequest Request);

/// <summary>An endless set of described sounds: item i of a seed is always the same, in whatever order and on however many threads items are made.</summary>
/// <param name="seed">Other seeds give other sounds: one to train on, another to measure with.</param>
public sealed class SyntheticSounds(long seed)
{
    /// <summary>In hertz, 4,000 to 192,000.</summary>
    public int SampleRate { get; init; } = 16000;

    /// <summary>Length of every clip.</summary>
    public double Seconds { get; init; } = 5;

    /// <summary>Probability that a property is named.</summary>
    public double Naming { get; init; } = 0.45;

    /// <summary>From which set the descriptions are.</summary>
    public SoundWording Wording { get; init; }

    /// <summary>What item <paramref name="index"/> is, without making it.</summary>
    /// <param name="index">Any number.</param>
    public SynthesisRequest Request(long index) => SynthesisRequest.Sample(SoundRandom.Derive(seed, index), Naming);

    /// <summary>The words of item <paramref name="index"/>.</summary>
    /// <param name="index">Any number.</param>
    /// <param name="variation">Other numbers give other words for the same sound, as a new epoch may want them.</param>
    public string Describe(long index, long variation = 0) => SoundDescriber.Describe(Request(index), SoundRandom.Derive(SoundRandom.Derive(seed, index), variation), Wording);

    /// <summary>Makes item <paramref name="index"/>.</summary>
    /// <param name="index">Any number.</param>
    public SyntheticSound Item(long index)
    {
        var request = Request(index);
        return new SyntheticSound(SoundSynthesizer.Generate(request, SoundRandom.Derive(seed, index), SampleRate, Seconds), Describe(index), request);
    }

    /// <summary>Makes items in their order, on several threads at once.</summary>
    /// <param name="start">The first item.</param>
    /// <param name="count">How many, at least 0.</param>
    /// <param name="threads">How many threads; by default one for each core.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative, or there is no thread.</exception>
    public IEnumerable<SyntheticSound> Items(long start, int count, int? threads = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var workers = threads ?? Environment.ProcessorCount;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(workers, nameof(threads));
        return Enumerable.Range(0, count).AsParallel().AsOrdered().WithDegreeOfParallelism(Math.Min(workers, 512)).Select(i => Item(start + i));
    }
}
