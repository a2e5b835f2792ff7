namespace AudioGenTiny.Recipe;

/// <summary>A prompt of the evaluation.</summary>
/// <param name="Description">Prompt of the model.</param>
/// <param name="Request">The requested kind and properties.</param>
/// <param name="Seed">Seed of the original and of the generation.</param>
public sealed record EvaluationPrompt(string Description, SynthesisRequest Request, long Seed)
{
    /// <summary>Prompts in held-out wordings, the same number of each kind, alternating.</summary>
    /// <param name="perKind">Prompts per kind, at least 1.</param>
    /// <param name="seed">Seed; must differ from that of the training data.</param>
    /// <param name="naming">Probability that a property is named.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public static IReadOnlyList<EvaluationPrompt> HeldOut(int perKind, long seed, double naming = 0.6)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(perKind, 1);
        if (!(naming is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(naming), naming, $"The probability of naming a property is {naming}, but 0 to 1 was expected.");
        }

        return [.. Enumerable.Range(0, perKind * SoundCatalog.Kinds.Count).Select(i =>
        {
            var own = SoundRandom.Derive(seed, i);
            var request = SynthesisRequest.Sample(SoundCatalog.Kinds[i % SoundCatalog.Kinds.Count], own, naming);
            return new EvaluationPrompt(SoundDescriber.Describe(request, own, SoundWording.HeldOut), request, own);
        })];
    }

    /// <summary>The synthetic original of the request.</summary>
    /// <param name="sampleRate">In hertz.</param>
    /// <param name="seconds">Length of the clip.</param>
    public float[] Original(int sampleRate = 16000, double seconds = 5) => SoundSynthesizer.Generate(Request, Seed, sampleRate, seconds);
}
