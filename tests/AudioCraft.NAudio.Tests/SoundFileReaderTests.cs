using AudioCraft.NAudio.SoundFile;
using AudioCraft.Tests.Checkpoints;
using NAudio.Wave;
using TorchSharp;

namespace AudioCraft.NAudio.Tests;

public class SoundFileReaderTests
{
    private const int Rate = 24000;

    internal static byte[] Encode(SoundFormat format, int channels)
    {
        using var wav = NAudioFileTests.Tones(channels, Rate);
        using var stream = new MemoryStream();
        NAudioFile.Write(stream, format, wav, Rate);
        return stream.ToArray();
    }

    private static float[] ReadToEnd(ISampleProvider source)
    {
        var samples = new List<float>();
        var buffer = new float[1000 * source.WaveFormat.Channels];
        while (source.Read(buffer) is var read and > 0)
        {
            samples.AddRange(buffer.AsSpan(0, read));
        }

        return [.. samples];
    }

    [Theory]
    [InlineData(SoundFormat.Wav, 1)]
    [InlineData(SoundFormat.Aiff, 2)]
    [InlineData(SoundFormat.Flac, 2)]
    [InlineData(SoundFormat.OggVorbis, 2)]
    [InlineData(SoundFormat.Opus, 1)]
    [InlineData(SoundFormat.Mp3, 2)]
    public void Length_and_position_count_decoded_bytes(SoundFormat format, int channels)
    {
        using var reader = new SoundFileReader(new MemoryStream(Encode(format, channels)));
        Assert.Equal(WaveFormat.CreateIeeeFloatWaveFormat(Rate, channels), reader.WaveFormat);
        Assert.InRange(reader.TotalTime.TotalSeconds, 0.5, 0.6);

        var samples = ReadToEnd(reader);
        Assert.Equal(samples.Length * sizeof(float), reader.Position);
        Assert.Equal(reader.Length, reader.Position);
        Assert.Equal(0, reader.Read(new float[100].AsSpan()));
    }

    [Theory]
    [InlineData(SoundFormat.Wav)]
    [InlineData(SoundFormat.Aiff)]
    [InlineData(SoundFormat.Flac)]
    public void Seeking_in_lossless_files_is_exact(SoundFormat format)
    {
        using var reader = new SoundFileReader(new MemoryStream(Encode(format, 2)));
        var samples = ReadToEnd(reader);
        var buffer = new float[64];
        foreach (var frame in new[] { 7000, 0, 11_990, 123 })
        {
            reader.Position = (frame * 8) + 5;
            Assert.Equal(frame * 8, reader.Position);
            var read = reader.Read(buffer.AsSpan());
            Assert.Equal(Math.Min(64, samples.Length - (frame * 2)), read);
            Assert.Equal(samples[(frame * 2)..((frame * 2) + read)], buffer[..read]);
        }

        reader.CurrentTime = TimeSpan.FromSeconds(0.25);
        Assert.Equal(6000 * 8, reader.Position);
        Assert.Equal(reader.Length, reader.Seek(1000, SeekOrigin.End));
        Assert.Equal(0, reader.Read(buffer.AsSpan()));
        reader.Position = -1;
        Assert.Equal(0, reader.Position);
    }

    [Fact]
    public void Bytes_match_the_samples_in_whole_frames()
    {
        var file = Encode(SoundFormat.Flac, 2);
        using var samples = new SoundFileReader(new MemoryStream(file));
        using var bytes = new SoundFileReader(new MemoryStream(file));
        var floats = new float[5];
        Assert.Equal(4, samples.Read(floats.AsSpan()));
        var raw = new byte[23];
        Assert.Equal(16, bytes.Read(raw, 2, 20));
        Assert.Equal(floats[..4], System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(raw.AsSpan(2, 16)).ToArray());
        Assert.Equal(0, samples.Read(new float[1].AsSpan()));
    }

    [Fact]
    public void Stream_is_read_from_its_position_and_closed_unless_leaveOpen_is_set()
    {
        var file = Encode(SoundFormat.Flac, 1);
        var stream = new MemoryStream([1, 2, 3, .. file]) { Position = 3 };
        using (var reader = new SoundFileReader(stream, leaveOpen: true))
        {
            Assert.Equal(12_000 * sizeof(float), reader.Length);
        }

        Assert.True(stream.CanRead);
        var owned = new MemoryStream(file);
        var second = new SoundFileReader(owned);
        second.Dispose();
        second.Dispose();
        Assert.False(owned.CanRead);
        Assert.Throws<ObjectDisposedException>(() => second.Read(new float[10].AsSpan()));
        Assert.Throws<ObjectDisposedException>(() => second.Position = 0);
    }

    [Fact]
    public void Reader_works_with_the_providers_of_NAudio()
    {
        using var reader = new SoundFileReader(new MemoryStream(Encode(SoundFormat.Flac, 2)));
        var mono = reader.Skip(TimeSpan.FromSeconds(0.1)).Take(TimeSpan.FromSeconds(0.2)).ToMono();
        Assert.Equal(4800, ReadToEnd(mono).Length);
    }

    [Fact]
    public void Errors_name_the_file_and_close_it()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("noise.flac");
        File.WriteAllBytes(path, [.. "fLaC"u8, .. new byte[200]]);
        Assert.Contains("noise.flac", Assert.Throws<AudioFormatException>(() => new SoundFileReader(path)).Message, StringComparison.Ordinal);
        File.Delete(path);
        Assert.IsNotType<AudioFormatException>(Assert.Throws<AudioCraftException>(() => new SoundFileReader(path)));
        Assert.Throws<ArgumentException>(() => new SoundFileReader(""));
    }

    [Fact]
    public void Failing_stream_is_reported_as_such()
    {
        using var stream = new FailingStream(Encode(SoundFormat.Flac, 1)) { FailsAt = 2000 };
        var error = Assert.Throws<AudioCraftException>(() => ReadToEnd(new SoundFileReader(stream)));
        Assert.IsType<IOException>(error.InnerException);
        Assert.Contains("the disk failed", error.Message, StringComparison.Ordinal);
    }

    private sealed class FailingStream(byte[] contents) : MemoryStream(contents)
    {
        public int FailsAt { get; init; }

        public override int Read(byte[] buffer, int offset, int count) => Position + count > FailsAt ? throw new IOException("the disk failed") : base.Read(buffer, offset, count);

        public override int Read(Span<byte> buffer) => Position + buffer.Length > FailsAt ? throw new IOException("the disk failed") : base.Read(buffer);
    }
}
