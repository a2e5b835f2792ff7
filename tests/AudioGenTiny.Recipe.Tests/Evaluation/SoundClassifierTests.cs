namespace AudioGenTiny.Recipe.Tests;

[Collection(TrainedClassifier.Name)]
public sealed class SoundClassifierTests(TrainedClassifier trained)
{
    private readonly SoundClassifier _classifier = trained.Classifier;

    [Fact]
    public void Kinds_and_properties_of_held_out_originals_are_recognized()
    {
        var (right, values, rightValues, count) = (0, 0, 0, 4 * SoundCatalog.Kinds.Count);
        Parallel.For(0, count, i =>
        {
            var request = SynthesisRequest.Sample((SoundKind)(i % SoundCatalog.Kinds.Count), 70000 + i, 0.6);
            var sound = SoundSynthesizer.Generate(request, 90000 + i);
            Interlocked.Add(ref right, _classifier.Kind(sound) == request.Kind ? 1 : 0);
            foreach (var property in SoundCatalog.Properties(request.Kind).Where(p => request.Value(p) != SoundTraits.None))
            {
                Interlocked.Increment(ref values);
                Interlocked.Add(ref rightValues, _classifier.Value(sound, request.Kind, property) == request.Value(property) ? 1 : 0);
            }
        });
        Assert.True(right >= 0.95 * count, $"{right} of {count} kinds");
        Assert.True(rightValues >= 0.95 * values, $"{rightValues} of {values} values");
    }

    [Fact]
    public void Kind_does_not_depend_on_the_volume()
    {
        var sound = SoundSynthesizer.Generate(new SynthesisRequest(SoundKind.Siren), 123456);
        Assert.Equal(SoundKind.Siren, _classifier.Kind(sound));
        Assert.Equal(SoundKind.Siren, _classifier.Kind([.. sound.Select(x => 0.1f * x)]));
    }

    [Fact]
    public void Silence_and_a_single_sample_are_classified_and_empty_audio_is_rejected()
    {
        Assert.True(Enum.IsDefined(_classifier.Kind(new float[80000])));
        Assert.True(Enum.IsDefined(_classifier.Kind([0.5f])));
        Assert.Throws<ArgumentException>(() => _classifier.Kind([]));
        Assert.Throws<ArgumentException>(() => _classifier.Value(new float[100], SoundKind.Rain, SoundProperty.Tempo));
    }
}
