using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training.Tests.Data;

public class SoundMixingTests
{
    [Fact]
    public void Share_of_the_batch_becomes_mixtures_with_joined_descriptions()
    {
        var sounds = new MemorySounds(1000);
        for (var i = 0; i < 8; i++)
        {
            sounds.Add([.. Enumerable.Range(0, 2000).Select(n => 0.3f * MathF.Sin(n * (0.1f + (0.2f * i))))], $"tone {i}");
        }

        var options = new AudioDatasetOptions { SampleRate = 1000, BatchSize = 8, Seed = 3 };
        var mixing = new SoundMixing { Probability = 1, Share = 0.5, LowestLevel = -20, HighestLevel = -20 };
        using var plain = new AudioDataset(sounds, options).Batch(0);
        using var mixed = new AudioDataset(sounds, options with { Mixing = mixing }).Batch(0);
        var changed = Enumerable.Range(0, 8).Where(i => !plain.Wav[i].equal(mixed.Wav[i]).all().item<bool>()).ToList();
        Assert.Equal(4, changed.Count);
        foreach (var i in changed)
        {
            Assert.StartsWith(plain.Descriptions[i], mixed.Descriptions[i], StringComparison.Ordinal);
            Assert.Equal(0.1, mixed.Wav[i].square().mean().sqrt().item<float>(), 0.002);
        }

        Assert.All(Enumerable.Range(0, 8).Except(changed), i => Assert.Equal(plain.Descriptions[i], mixed.Descriptions[i]));
    }

    [Fact]
    public void Probability_is_the_share_of_mixed_batches()
    {
        var sounds = new MemorySounds(1000);
        sounds.Add(Enumerable.Repeat(0.2f, 1000).ToArray(), "a");
        sounds.Add(Enumerable.Repeat(0.1f, 1000).ToArray(), "b");
        var options = new AudioDatasetOptions { SampleRate = 1000, BatchSize = 4, Mixing = new SoundMixing { Probability = 0.3, Share = 1 } };
        var dataset = new AudioDataset(sounds, options);
        var levels = Enumerable.Range(0, 300).Count(n =>
        {
            using var batch = dataset.Batch(n);
            return Math.Abs(batch.Wav[0, 0, 0].item<float>() - 0.2f) > 1e-4 && Math.Abs(batch.Wav[0, 0, 0].item<float>() - 0.1f) > 1e-4;
        });
        Assert.InRange(levels, 60, 120);
    }

    [Theory]
    [InlineData("a dog", "rain", "a dog rain")]
    [InlineData("rain", "rain", "rain")]
    [InlineData(null, "rain", "rain")]
    [InlineData("rain", null, "rain")]
    [InlineData(null, null, null)]
    public void Descriptions_are_joined(string? first, string? second, string? expected) => Assert.Equal(expected, SoundMixing.Join(first, second));
}
