using AudioCraft.Tests;


namespace AudioGenTiny.Recipe.Tests;

public sealed class SoundSynthesizerTests
{
    public static TheoryData<SoundKind> Kinds => [.. SoundCatalog.Kinds];

    [Fact]
    public void Every_property_occurs_in_several_of_at_least_24_kinds() =>
        Assert.True(SoundCatalog.Kinds.Count >= 24 && Enum.GetValues<SoundProperty>().All(p => SoundCatalog.Kinds.Count(k => SoundCatalog.Properties(k).Contains(p)) >= 4));

    [Theory, MemberData(nameof(Kinds))]
    public void Every_value_of_every_property_gives_finite_audible_audio_within_full_scale(SoundKind kind)
    {
        var values = SoundCatalog.Properties(kind).Select(SoundCatalog.Values).SelectMany(v => new[] { v.First, v.Second }).Append(SoundTraits.None);
        foreach (var (traits, seed) in values.Select((traits, i) => (traits, i)))
        {
            var sound = SoundSynthesizer.Generate(new SynthesisRequest(kind, traits), seed);
            Assert.Equal(80000, sound.Length);
            Assert.All(sound, sample => Assert.True(float.IsFinite(sample)));
            Assert.InRange(sound.Max(Math.Abs), 0.15f, 0.9f);
            Assert.True(Rms(sound) > 0.004, $"{kind} {traits}: rms {Rms(sound)}");
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Same_seed_gives_the_same_sound_and_another_seed_another(SoundKind kind)
    {
        var request = new SynthesisRequest(kind);
        Assert.Equal(SoundSynthesizer.Generate(request, 5), SoundSynthesizer.Generate(request, 5));
        Assert.NotEqual(SoundSynthesizer.Generate(request, 5), SoundSynthesizer.Generate(request, 6));
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Near_is_several_times_louder_than_distant(SoundKind kind)
    {
        if (SoundCatalog.Properties(kind).Contains(SoundProperty.Distance))
        {
            var near = SoundSynthesizer.Generate(new SynthesisRequest(kind, SoundTraits.Near), 1);
            var distant = SoundSynthesizer.Generate(new SynthesisRequest(kind, SoundTraits.Distant), 2);
            Assert.True(near.Max(Math.Abs) > 2.8 * distant.Max(Math.Abs));
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Other_rates_and_lengths_work(SoundKind kind)
    {
        foreach (var (rate, seconds) in new[] { (8000, 2.0), (32000, 1.5), (48000, 0.1), (4000, 7.3) })
        {
            var sound = SoundSynthesizer.Generate(new SynthesisRequest(kind), 3, rate, seconds);
            Assert.Equal((int)Math.Round(rate * seconds), sound.Length);
            Assert.All(sound, sample => Assert.True(Math.Abs(sample) <= 1));
        }
    }

    [Fact]
    public void Long_sounds_last_longer_than_short_ones_and_repeated_ones_than_single_ones()
    {
        foreach (var kind in SoundCatalog.Kinds)
        {
            foreach (var (more, less) in new[] { (SoundTraits.Prolonged, SoundTraits.Brief), (SoundTraits.Repeated, SoundTraits.Once) })
            {
                if (SoundCatalog.Properties(kind).Any(p => SoundCatalog.Values(p) is var (a, b) && (a == more || b == more)))
                {
                    Assert.True(Active(kind, more) > 1.5 * Active(kind, less), $"{kind} {more}");
                }
            }
        }

        static int Active(SoundKind kind, SoundTraits traits)
        {
            var sound = SoundSynthesizer.Generate(new SynthesisRequest(kind, traits), 4);
            return sound.Chunk(800).Count(piece => piece.Max(Math.Abs) > 0.1 * sound.Max(Math.Abs));
        }
    }

    [Fact]
    public void Random_numbers_do_not_change_between_versions()
    {
        var random = new SoundRandom(1, 2);
        Assert.Equal([67, 5, 4, 52, 82], Enumerable.Range(0, 5).Select(_ => random.Below(100)));
    }

    [Fact]
    public void Contradictions_and_values_out_of_range_are_rejected()
    {
        Assert.Throws<ArgumentException>(() => SoundSynthesizer.Generate(new SynthesisRequest(SoundKind.Siren, SoundTraits.Fast | SoundTraits.Slow), 1));
        Assert.Contains("Rain", Assert.Throws<ArgumentException>(() => SoundSynthesizer.Generate(new SynthesisRequest(SoundKind.Rain, SoundTraits.Fast), 1)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => SoundSynthesizer.Generate(new SynthesisRequest((SoundKind)99), 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => SoundSynthesizer.Generate(new SynthesisRequest(SoundKind.Rain), 1, 100));
        Assert.Throws<ArgumentOutOfRangeException>(() => SoundSynthesizer.Generate(new SynthesisRequest(SoundKind.Rain), 1, seconds: double.NaN));
    }

    private static double Rms(float[] sound) => Math.Sqrt(sound.Average(x => (double)x * x));
}
