using AudioCraft.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training.Tests.Data;

public class AudioDatasetTests
{
    private const int Rate = 1000;

    [Fact]
    public void Batch_depends_only_on_seed_and_number()
    {
        var dataset = new AudioDataset(Ramps(3, 4000), Options());
        using var first = dataset.Batch(5);
        dataset.Batch(6).Dispose();
        using var again = dataset.Batch(5);
        Exactly.Equal(first.Wav, again.Wav);
        Assert.Equal(first.Descriptions, again.Descriptions);
        Assert.Equal(first.Sources, again.Sources);
        using var next = dataset.Batch(6);
        Assert.False(first.Wav.equal(next.Wav).all().item<bool>());
        using var other = new AudioDataset(Ramps(3, 4000), Options() with { Seed = 2 }).Batch(5);
        Assert.False(first.Wav.equal(other.Wav).all().item<bool>());
    }

    [Fact]
    public void Segments_are_parts_of_their_recordings()
    {
        // Recording i starts at i/10 and increases by 1/32767 per sample.
        var dataset = new AudioDataset(Ramps(3, 4000), Options());
        using var batch = dataset.Batch(0);
        Assert.Equal([8, 1, 500], batch.Wav.shape);
        for (var item = 0; item < 8; item++)
        {
            var samples = batch.Wav[item, 0].data<float>().ToArray();
            var start = (samples[0] * 32767) - (batch.Sources[item] * 3276);
            Assert.InRange(start, -0.5, 3750.5);
            Assert.All(Enumerable.Range(0, batch.Lengths[item]), i => Assert.Equal(samples[0] + (i / 32767f), samples[i], 4));
            Assert.Equal($"sound {batch.Sources[item]}", batch.Descriptions[item]);
        }
    }

    [Fact]
    public void Segment_near_the_end_is_padded_beyond_its_minimum_share()
    {
        var dataset = new AudioDataset(Ramps(1, 600), Options() with { MinimumSegmentRatio = 0.4 });
        var lengths = new List<int>();
        for (var number = 0; number < 20; number++)
        {
            using var batch = dataset.Batch(number);
            lengths.AddRange(batch.Lengths);
            for (var item = 0; item < 8; item++)
            {
                Assert.True(batch.Wav[item, 0].narrow(0, batch.Lengths[item], 500 - batch.Lengths[item]).eq(0).all().item<bool>());
            }
        }

        Assert.InRange(lengths.Min(), 200, 260);
        Assert.Equal(500, lengths.Max());
    }

    [Fact]
    public void Sampling_is_proportional_to_length_and_weight()
    {
        Assert.Equal(0.75, Share(Options(), (1000, 1), (3000, 1)), 0.05);
        Assert.Equal(0.5, Share(Options() with { SampleByLength = false }, (1000, 1), (3000, 1)), 0.05);
        Assert.Equal(0.5, Share(Options(), (1000, 3), (3000, 1)), 0.05);
        Assert.Equal(1, Share(Options() with { MinimumSeconds = 2 }, (1000, 1), (3000, 1)), 1e-9);
        Assert.Equal(0, Share(Options() with { MaximumSeconds = 2 }, (1000, 1), (3000, 1)), 1e-9);
        Assert.Equal(0, Share(Options(), (1000, 1), (3000, 0)), 1e-9);
        Assert.Throws<ArgumentException>(() => Share(Options() with { MinimumSeconds = 20 }, (1000, 1)));
    }

    [Fact]
    public void Rate_and_channels_are_converted()
    {
        var dataset = new AudioDataset(Ramps(2, 4000), Options() with { SampleRate = 2000, Channels = 2, SegmentSeconds = 0.5 });
        using var batch = dataset.Batch(0);
        Assert.Equal([8, 2, 1000], batch.Wav.shape);
        Exactly.Equal(batch.Wav.select(1, 0), batch.Wav.select(1, 1));
    }

    [Fact]
    public void Silent_segments_are_replaced()
    {
        var sounds = new MemorySounds(Rate);
        var half = new float[20000];
        half.AsSpan(0, 10000).Fill(0.5f);
        sounds.Add(half);
        Assert.InRange(Silent(sounds, Options()), 0.3, 0.7);
        Assert.InRange(Silent(sounds, Options() with { SilenceRetries = 3 }), 0.0, 0.15);
    }

    [Fact]
    public void Unreadable_recordings_are_skipped_up_to_the_limit()
    {
        var dataset = new AudioDataset(new Broken(Ramps(4, 4000), 1), Options());
        for (var number = 0; number < 10; number++)
        {
            using var batch = dataset.Batch(number);
            Assert.DoesNotContain(1, batch.Sources);
        }

        Assert.Throws<AudioCraftException>(() => new AudioDataset(new Broken(Ramps(1, 4000), 0), Options()).Batch(0));
    }

    [Fact]
    public void Options_out_of_range_are_rejected()
    {
        var sounds = Ramps(1, 1000);
        Assert.Throws<ArgumentOutOfRangeException>(() => new AudioDataset(sounds, Options() with { SampleRate = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AudioDataset(sounds, Options() with { SegmentSeconds = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AudioDataset(sounds, Options() with { BatchSize = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AudioDataset(sounds, Options() with { MinimumSegmentRatio = 2 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AudioDataset(sounds, Options() with { Mixing = new SoundMixing { Share = 2 } }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AudioDataset(sounds, Options()).Batch(-1));
        Assert.Throws<ArgumentException>(() => sounds.Add([float.NaN]));
        Assert.Throws<ArgumentException>(() => sounds.Add([]));
    }

    [Fact]
    public void Only_the_batch_stays_alive() => LiveTensors.Left(1, () =>
        new AudioDataset(Ramps(2, 4000), Options() with { SampleRate = 2000, Mixing = new SoundMixing { Probability = 1 } }).Batch(0));

    [Fact]
    public void Prefetching_returns_the_requested_items()
    {
        var dataset = new AudioDataset(Ramps(3, 4000), Options());
        using var ahead = new Prefetcher<AudioBatch>(dataset.Batch, 3);
        foreach (var number in new long[] { 0, 1, 2, 7, 8, 3 })
        {
            using var expected = dataset.Batch(number);
            using var actual = ahead.Get(number);
            Exactly.Equal(expected.Wav, actual.Wav);
        }
    }

    [Fact]
    public void Unused_prefetched_items_are_released() => LiveTensors.NoneLeft(() =>
    {
        using var ahead = new Prefetcher<AudioBatch>(new AudioDataset(Ramps(3, 4000), Options()).Batch, 3);
        ahead.Get(0).Dispose();
        ahead.Get(9).Dispose();
    });

    private static AudioDatasetOptions Options() => new() { SampleRate = Rate, SegmentSeconds = 0.5, BatchSize = 8, Seed = 1 };

    private static MemorySounds Ramps(int count, int length)
    {
        var sounds = new MemorySounds(Rate);
        for (var i = 0; i < count; i++)
        {
            sounds.Add([.. Enumerable.Range(0, length).Select(n => ((3276 * i) + n) / 32767f)], $"sound {i}");
        }

        return sounds;
    }

    private static double Share(AudioDatasetOptions options, params (int Length, double Weight)[] sounds)
    {
        var dataset = new AudioDataset(new Weighted(sounds), options);
        var drawn = Enumerable.Range(0, 200).SelectMany(n =>
        {
            using var batch = dataset.Batch(n);
            return batch.Sources;
        }).ToList();
        return drawn.Count(s => s == 1) / (double)drawn.Count;
    }

    private static double Silent(MemorySounds sounds, AudioDatasetOptions options)
    {
        var dataset = new AudioDataset(sounds, options);
        return Enumerable.Range(0, 40).Average(n =>
        {
            using var scope = NewDisposeScope();
            using var batch = dataset.Batch(n);
            return batch.Wav.abs().amax([1, 2]).eq(0).to(ScalarType.Float32).mean().item<float>();
        });
    }

    private sealed class Weighted((int Length, double Weight)[] sounds) : ISoundSource
    {
        public int Count => sounds.Length;

        public SoundInfo Info(int index) => new($"{index}", sounds[index].Length / (double)Rate, Rate, 1, [], sounds[index].Weight);

        public Tensor Read(int index, double start, double seconds) => ones(1, (long)(seconds * Rate));
    }

    private sealed class Broken(ISoundSource inner, int broken) : ISoundSource
    {
        public int Count => inner.Count;

        public SoundInfo Info(int index) => inner.Info(index);

        public Tensor Read(int index, double start, double seconds) => index == broken ? throw new AudioCraftException("broken") : inner.Read(index, start, seconds);
    }
}
