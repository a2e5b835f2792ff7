namespace AudioGenTiny.Recipe.Tests;

public sealed class SoundDescriberTests
{
    [Fact]
    public void Description_names_the_kind_and_exactly_the_requested_values()
    {
        foreach (var wording in Enum.GetValues<SoundWording>())
        {
            for (var seed = 0; seed < 6000; seed++)
            {
                var request = SynthesisRequest.Sample(seed, 0.6);
                var text = $" {SoundDescriber.Normalize(SoundDescriber.Describe(request, seed, wording))} ";
                Assert.Contains(SoundWords.Names(request.Kind), name => name.Split('|').All(part => Words(part).All(word => Has(text, word) || word is "a" or "an")));
                foreach (var value in Enum.GetValues<SoundTraits>().Where(v => v != SoundTraits.None))
                {
                    var said = SoundWords.Before(value).Concat(SoundWords.After(value)).Any(w => Has(text, SoundDescriber.Normalize(w)));
                    Assert.True(said == request.Traits.HasFlag(value), $"{request}: '{text}' and {value}");
                }
            }
        }

        static bool Has(string text, string words) => text.Contains($" {words} ", StringComparison.Ordinal);
        static IEnumerable<string> Words(string part) => part.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    [Fact]
    public void Held_out_wordings_never_occur_in_training_but_use_its_words()
    {
        HashSet<string> training = [], held = [], words = [];
        for (var seed = 0; seed < 60000; seed++)
        {
            training.Add(SoundDescriber.Normalize(SoundDescriber.Describe(SynthesisRequest.Sample(seed), seed)));
            held.Add(SoundDescriber.Normalize(SoundDescriber.Describe(SynthesisRequest.Sample(seed), seed, SoundWording.HeldOut)));
        }

        words.UnionWith(training.SelectMany(text => text.Split(' ')));
        Assert.Empty(held.Intersect(training));
        Assert.Empty(held.SelectMany(text => text.Split(' ')).Except(words));
        Assert.True(training.Count > 10000 && held.Count > 5000, $"{training.Count} and {held.Count}");
    }

    [Fact]
    public void Every_request_has_wordings_of_both_sets()
    {
        foreach (var kind in SoundCatalog.Kinds)
        {
            IEnumerable<SoundTraits> all = [SoundTraits.None];
            foreach (var (first, second) in SoundCatalog.Properties(kind).Select(SoundCatalog.Values))
            {
                all = [.. all.SelectMany(traits => new[] { traits, traits | first, traits | second })];
            }

            Assert.All(all.Select(traits => new SynthesisRequest(kind, traits)), request => Assert.NotEqual(
                SoundDescriber.Normalize(SoundDescriber.Describe(request, 1)), SoundDescriber.Normalize(SoundDescriber.Describe(request, 1, SoundWording.HeldOut))));
        }
    }

    [Fact]
    public void Same_seed_gives_the_same_words_and_seeds_differ()
    {
        var request = new SynthesisRequest(SoundKind.Siren, SoundTraits.Fast | SoundTraits.Distant);
        Assert.Equal(SoundDescriber.Describe(request, 8), SoundDescriber.Describe(request, 8));
        Assert.True(Enumerable.Range(0, 100).Select(seed => SoundDescriber.Describe(request, seed)).Distinct().Count() > 50);
    }

    [Fact]
    public void Articles_match_the_following_word()
    {
        for (var seed = 0; seed < 4000; seed++)
        {
            var words = SoundDescriber.Normalize(SoundDescriber.Describe(SynthesisRequest.Sample(seed, 0.7), seed)).Split(' ');
            Assert.All(words.Zip(words.Skip(1)).Where(pair => pair.First is "a" or "an"), pair => Assert.Equal("aeiou".Contains(pair.Second[0]) ? "an" : "a", pair.First));
        }
    }

    [Fact]
    public void Normalized_text_contains_only_words() => Assert.Equal("a siren fast and far away", SoundDescriber.Normalize(" A siren -- FAST, and far-away!"));
}
