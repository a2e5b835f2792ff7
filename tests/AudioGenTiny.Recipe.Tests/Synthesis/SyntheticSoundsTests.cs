using AudioCraft;
using AudioCraft.Tests.Checkpoints;

namespace AudioGenTiny.Recipe.Tests;

public sealed class SyntheticSoundsTests
{
    [Fact]
    public void Items_are_the_same_in_any_order_and_on_any_number_of_threads()
    {
        var sounds = new SyntheticSounds(7) { Seconds = 0.5 };
        var together = sounds.Items(10, 12).ToList();
        for (var i = 11; i >= 0; i--)
        {
            var alone = sounds.Item(10 + i);
            Assert.Equal(alone.Samples, together[i].Samples);
            Assert.Equal((alone.Description, alone.Request), (together[i].Description, together[i].Request));
            Assert.Equal((alone.Description, alone.Request), (sounds.Describe(10 + i), sounds.Request(10 + i)));
        }

        Assert.Equal(together.Select(s => s.Description), sounds.Items(10, 12, 1).Select(s => s.Description));
    }

    [Fact]
    public void Another_variation_gives_another_description()
    {
        var sounds = new SyntheticSounds(7);
        Assert.True(Enumerable.Range(0, 40).Select(v => sounds.Describe(3, v)).Distinct().Count() > 5);
    }

    [Fact]
    public void All_kinds_occur_about_equally_often()
    {
        var sounds = new SyntheticSounds(1);
        var counts = Enumerable.Range(0, 6000).CountBy(i => sounds.Request(i).Kind).ToDictionary();
        Assert.All(SoundCatalog.Kinds, kind => Assert.InRange(counts[kind], 130, 270));
    }

    [Fact]
    public void WAV_and_json_files_read_back_unchanged()
    {
        using var folder = new TemporaryFolder();
        var sounds = new SyntheticSounds(3) { Seconds = 0.4, SampleRate = 8000 };
        SoundFolder.Write(folder.Path, sounds, 6);
        var wavs = Directory.GetFiles(folder.Path, "*.wav").Order().ToArray();
        Assert.Equal(6, wavs.Length);
        for (var i = 0; i < wavs.Length; i++)
        {
            var expected = sounds.Item(i);
            var (wav, rate) = AudioFile.Read(wavs[i]);
            using (wav)
            {
                Assert.Equal(8000, rate);
                var read = wav.data<float>().ToArray();
                Assert.Equal(expected.Samples.Length, read.Length);
                Assert.All(expected.Samples.Zip(read), pair => Assert.InRange(pair.Second - pair.First, -4e-5, 4e-5));
            }

            var metadata = SoundFolder.ReadMetadata(Path.ChangeExtension(wavs[i], ".json"));
            Assert.Equal(
                new SoundMetadata { Description = expected.Description, Duration = 0.4, SampleRate = 8000, Kind = expected.Request.Kind, Traits = expected.Request.Traits }, metadata);
        }
    }

    [Fact]
    public void Invalid_json_is_rejected_by_name()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "bad.json");
        File.WriteAllText(path, "{\"description\": 3");
        Assert.Contains("bad.json", Assert.Throws<AudioCraftException>(() => SoundFolder.ReadMetadata(path)).Message, StringComparison.Ordinal);
    }
}
