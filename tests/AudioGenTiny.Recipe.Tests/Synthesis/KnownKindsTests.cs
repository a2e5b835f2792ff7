namespace AudioGenTiny.Recipe.Tests;

/// <summary>The list of kinds that is stored with the bundled model.</summary>
public sealed class KnownKindsTests
{
    [Fact]
    public void Every_training_and_held_out_description_matches_its_own_kind()
    {
        var known = KnownKinds.Read(ModelHub.Find("audiogen-tiny"));
        Assert.Equal(SoundCatalog.Kinds.Count, known.Names.Count);
        foreach (var wording in Enum.GetValues<SoundWording>())
        {
            for (var seed = 0; seed < 10_000; seed++)
            {
                var request = SynthesisRequest.Sample(seed, naming: 0.6);
                var text = SoundDescriber.Describe(request, seed, wording);
                Assert.True(known.Match(text).Contains(known.Names[(int)request.Kind]), $"'{text}' matches {string.Join(", ", known.Match(text))}; {request.Kind} was expected.");
            }
        }
    }
}
