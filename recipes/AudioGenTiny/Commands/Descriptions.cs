namespace AudioGenTiny.Recipe;

/// <summary>The training texts: several descriptions for each synthetic sound.</summary>
internal static class Descriptions
{
    private const int Wordings = 10;

    /// <summary>The request of a sound. Most properties are named.</summary>
    public static SynthesisRequest Request(long seed) => SynthesisRequest.Sample(seed, naming: 0.6);

    /// <summary>Descriptions of a sound: some name all properties of the request, others a subset.</summary>
    public static IReadOnlyList<string> Of(SynthesisRequest request, long seed, SoundWording wording)
    {
        var random = new Random((int)(seed % int.MaxValue));
        var texts = new List<string>();
        for (var i = 0; i < Wordings; i++)
        {
            var named = request;
            if (i % 3 == 2)
            {
                foreach (var property in SoundCatalog.Properties(request.Kind))
                {
                    named = random.Next(2) == 0 ? named : named with { Traits = named.Traits & ~named.Value(property) };
                }
            }

            texts.Add(SoundDescriber.Describe(named, (seed * Wordings) + i, wording));
        }

        return texts;
    }
}
