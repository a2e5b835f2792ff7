using AudioCraft.NAudio.SoundFile;
using AudioCraft.Tests.Checkpoints;
using NAudio.Wave;
using TorchSharp;

namespace AudioCraft.NAudio.Tests;

public class SoundFileWriterTests
{
    private static readonly WaveFormat Stereo = WaveFormat.CreateIeeeFloatWaveFormat(24000, 2);

    private static float[] Ramp(int frames) => [.. Enumerable.Range(0, frames * 2).Select(i => MathF.Sin(i * 0.01f) * 0.9f)];

    [Theory]
    [InlineData("a.mp3", float.NaN)]
    [InlineData("a.mp3", float.PositiveInfinity)]
    [InlineData("a.flac", float.NaN)]
    [InlineData("a.wav", float.NegativeInfinity)]
    public void Non_finite_samples_throw(string name, float value)
    {
        using var folder = new TemporaryFolder();
        using var writer = new SoundFileWriter(folder.File(name), Stereo);
        var samples = Ramp(1000);
        samples[501] = value;

        Assert.Contains("Sample 250 of channel 1", Assert.Throws<ArgumentException>(() => writer.WriteSamples(samples)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Disposing_during_a_write_of_another_thread_ends_the_writes_with_an_exception()
    {
        using var folder = new TemporaryFolder();
        for (var round = 0; round < 20; round++)
        {
            var writer = new SoundFileWriter(folder.File("a.flac"), Stereo);
            var samples = Ramp(2000);
            var writing = Task.Run(() =>
            {
                while (true)
                {
                    writer.WriteSamples(samples);
                }
            });
            writer.Dispose();
            Assert.IsType<ObjectDisposedException>(Assert.Throws<AggregateException>(writing.Wait).InnerException);
        }
    }

    [Theory]
    [InlineData("a.wav", AudioSampleFormat.Float32, 0)]
    [InlineData("a.wav", AudioSampleFormat.Pcm16, 1 / 32767.0)]
    [InlineData("a.aiff", AudioSampleFormat.Pcm24, 1e-6)]
    [InlineData("a.flac", AudioSampleFormat.Pcm24, 1e-6)]
    [InlineData("a.flac", AudioSampleFormat.Pcm16, 1 / 32767.0)]
    public void Samples_are_read_back(string name, AudioSampleFormat format, double tolerance)
    {
        using var folder = new TemporaryFolder();
        var samples = Ramp(10_000);
        using (var writer = new SoundFileWriter(folder.File(name), Stereo, samples: format))
        {
            writer.WriteSamples(samples.AsSpan(0, 7000));
            writer.WriteSamples(samples.AsSpan(7000));
            Assert.Equal(20_000, writer.SampleCount);
        }

        using var reader = new SoundFileReader(folder.File(name));
        var back = new float[20_002];
        Assert.Equal(20_000, reader.Read(back.AsSpan()));
        Assert.All(samples.Zip(back), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, tolerance));
    }

    [Theory]
    [InlineData(SoundFormat.OggVorbis)]
    [InlineData(SoundFormat.Opus)]
    [InlineData(SoundFormat.Mp3)]
    public void Quality_sets_the_size_of_lossy_files(SoundFormat format)
    {
        var sizes = new[] { 0.1, 0.9 }.Select(quality =>
        {
            using var stream = new MemoryStream();
            using (var writer = new SoundFileWriter(stream, Stereo, format, quality: quality, leaveOpen: true))
            {
                var random = new Random(1);
                writer.WriteSamples([.. Enumerable.Range(0, 48_000).Select(_ => random.NextSingle() - 0.5f)]);
            }

            return stream.Length;
        }).ToArray();
        Assert.InRange(sizes[0], 1000, sizes[1] * 0.9);
    }

    [Fact]
    public void Samples_beyond_full_scale_are_clipped()
    {
        using var stream = new MemoryStream();
        using (var writer = new SoundFileWriter(stream, Stereo, SoundFormat.Flac, leaveOpen: true))
        {
            writer.WriteSamples([1.5f, -1.5f]);
        }

        stream.Position = 0;
        var back = new float[2];
        using var reader = new SoundFileReader(stream);
        Assert.Equal(2, reader.Read(back.AsSpan()));
        Assert.Equal((1f, -1f), (MathF.Round(back[0], 3), back[1]));
    }

    [Fact]
    public void Misuse_is_an_argument_exception_and_leaves_no_file()
    {
        using var folder = new TemporaryFolder();
        var mono = WaveFormat.CreateIeeeFloatWaveFormat(23_999, 1);
        Assert.Throws<ArgumentException>(() => new SoundFileWriter(folder.File("a.flac"), new WaveFormat(24000, 16, 2)));
        Assert.Throws<ArgumentException>(() => new SoundFileWriter(folder.File("a.xyz"), Stereo));
        Assert.Throws<ArgumentException>(() => new SoundFileWriter(folder.File("a.mp3"), mono));
        Assert.Throws<ArgumentException>(() => new SoundFileWriter(folder.File("a.opus"), mono));
        Assert.Throws<ArgumentException>(() => new SoundFileWriter(folder.File("a.flac"), Stereo, samples: AudioSampleFormat.Float32));
        Assert.Throws<ArgumentException>(() => new SoundFileWriter(folder.File("a.flac"), Stereo, quality: 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SoundFileWriter(folder.File("a.ogg"), Stereo, quality: 1.5));
        Assert.Throws<AudioCraftException>(() => new SoundFileWriter(folder.File("missing/a.flac"), Stereo));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));

        using var writer = new SoundFileWriter(new MemoryStream(), Stereo, SoundFormat.Flac);
        Assert.Throws<ArgumentException>(() => writer.WriteSamples(new float[3]));
        writer.Dispose();
        writer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => writer.WriteSamples(new float[2]));
    }

    [Fact]
    public void Stream_is_closed_unless_leaveOpen_is_set_and_needs_no_seeking()
    {
        var owned = new MemoryStream();
        new SoundFileWriter(owned, Stereo, SoundFormat.Flac).Dispose();
        Assert.False(owned.CanWrite);

        using var kept = new MemoryStream();
        kept.WriteByte(1);
        Assert.Throws<ArgumentException>(() => new SoundFileWriter(kept, Stereo, SoundFormat.Aiff));
        using (var writer = new SoundFileWriter(kept, Stereo, SoundFormat.OggVorbis, leaveOpen: true))
        {
            writer.WriteSamples(Ramp(5000));
        }

        kept.Position = 1;
        using var reader = new SoundFileReader(kept);
        Assert.Equal(5000 * 8, reader.Length);
    }

    [Fact]
    public void Failing_stream_is_reported()
    {
        var full = new FullStream();
        var error = Assert.Throws<AudioCraftException>(() =>
        {
            using var writer = new SoundFileWriter(full, Stereo, SoundFormat.Flac);
            for (var i = 0; i < 100; i++)
            {
                writer.WriteSamples(Ramp(5000));
            }
        });
        Assert.Contains("the disk is full", error.Message, StringComparison.Ordinal);
        Assert.False(full.CanWrite);
    }

    private sealed class FullStream : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (Length + buffer.Length > 10_000)
            {
                throw new IOException("the disk is full");
            }

            base.Write(buffer);
        }
    }
}
