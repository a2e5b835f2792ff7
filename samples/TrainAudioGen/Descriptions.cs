using AudioCraft.Training;

namespace TrainAudioGen;

/// <summary>What the bundled model is trained on: synthetic sounds, each with several ways to describe it.</summary>
internal static class Descriptions
{
    private const int Wordings = 10;

    /// <summary>The request of a sound. Most properties are named, so that most sounds are clear examples of something.</summary>
    public static SoundRequest Request(long seed) => SoundRequest.Draw(seed, naming: 0.6);

    /// <summary>Ways to describe a sound: some name all that was asked for, others a part of it.</summary>
    public static IReadOnlyList<string> Of(SoundRequest request, long seed, SoundWording wording)
    {
        var random = new Random((int)(seed % int.MaxValue));
        var texts = new List<string>();
        for (var i = 0; i < Wordings; i++)
        {
            var said = request;
            if (i % 3 == 2)
            {
                foreach (var property in SoundCatalogue.Properties(request.Kind))
                {
                    said = random.Next(2) == 0 ? said : said with { Traits = said.Traits & ~said.Value(property) };
                }
            }

            texts.Add(SoundDescriber.Describe(said, (seed * Wordings) + i, wording));
        }

        return texts;
    }
}
