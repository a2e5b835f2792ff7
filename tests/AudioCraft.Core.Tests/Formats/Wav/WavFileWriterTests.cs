using System.Buffers.Binary;
using AudioCraft.Tests.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Formats.Wav;

[Collection(ProcessWideState.Name)]
public class WavFileWriterTests
{
    public WavFileWriterTests() => manual_seed(20261127);

    [Theory]
    [InlineData(AudioSampleFormat.Pcm8, 1, 1 / 64.0)]
    [InlineData(AudioSampleFormat.Pcm16, 2, 1 / 32000.0)]
    [InlineData(AudioSampleFormat.Pcm24, 3, 1 / 8e6)]
    [InlineData(AudioSampleFormat.Pcm32, 1, 1e-7)]
    [InlineData(AudioSampleFormat.Float32, 6, 0)]
    [InlineData(AudioSampleFormat.Float64, 1, 0)]
    public void Chunks_are_read_back(AudioSampleFormat format, int channels, double tolerance)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var wav = rand(channels, 100_001) * 1.8f - 0.9f;
        using (var writer = new WavFileWriter(folder.File("new/a.wav"), 24000, channels, format))
        {
            writer.Write(wav.narrow(1, 0, 70_000));
            writer.Write(wav.narrow(1, 70_000, 30_000).unsqueeze(0));
            writer.Write(wav.narrow(1, 100_000, 1).t().contiguous().data<float>().ToArray());
            Assert.Equal(100_001, writer.Frames);
        }

        var (back, rate) = AudioFile.Read(folder.File("new/a.wav"));
        Assert.Equal(24000, rate);
        Near.Equal(wav, back, tolerance);
        Assert.Equal(format, AudioFile.Info(folder.File("new/a.wav")).Format);
        Assert.Equal(new FileInfo(folder.File("new/a.wav")).Length - 8, BinaryPrimitives.ReadUInt32LittleEndian(File.ReadAllBytes(folder.File("new/a.wav")).AsSpan(4)));
    }

    [Fact]
    public void Pipes_and_unfinished_files_get_sizes_that_are_read_to_the_end()
    {
        using var memory = new MemoryStream();
        using (var writer = new WavFileWriter(new ForwardOnly(memory), 16000))
        {
            writer.Write([0.5f, -0.5f, 0.25f]);
        }

        Assert.Equal(uint.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(memory.ToArray().AsSpan(4)));
        using var wav = AudioFile.Read(new MemoryStream(memory.ToArray())).Wav;
        Assert.Equal([0.5f, -0.5f, 0.25f], wav.data<float>());

        using var unfinished = new MemoryStream();
        var open = new WavFileWriter(unfinished, 16000, leaveOpen: true);
        open.Write([0.5f, -0.5f]);
        using var part = AudioFile.Read(new MemoryStream(unfinished.ToArray())).Wav;
        Assert.Equal([0.5f, -0.5f], part.data<float>());
        open.Dispose();
        Assert.True(unfinished.CanWrite);
        using var whole = AudioFile.Read(new OneWay(unfinished.ToArray())).Wav;
        Assert.Equal([0.5f, -0.5f], whole.data<float>());
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void Files_above_4_GiB_become_RF64()
    {
        using var large = new HeadOnly();
        using (var writer = new WavFileWriter(large, 48000, 64, AudioSampleFormat.Float64, leaveOpen: true))
        {
            var block = new float[64 * 65_536];
            for (var i = 0; i < 129; i++)
            {
                writer.Write(block);
            }
        }

        var head = large.Head;
        Assert.True(head.AsSpan().StartsWith("RF64"u8));
        Assert.Equal(129L * 65_536 * 64 * 8, BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(28)));
        Assert.Equal(large.Length - 8, BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(20)));
        Assert.Equal(129L * 65_536, AudioFile.Info(new OneWay(head)).Frames);
    }

    [Fact]
    public void Integers_are_clipped_and_misuse_is_rejected()
    {
        using var memory = new MemoryStream();
        using (var writer = new WavFileWriter(memory, 16000, leaveOpen: true))
        {
            writer.Write([1.5f, -1.5f, 1f, -1f]);
            Assert.Throws<ArgumentException>(() => writer.Write([float.NaN]));
            Assert.Throws<ArgumentException>(() => writer.Write(zeros(2, 10)));
        }

        memory.Position = 0;
        using var wav = AudioFile.Read(memory).Wav;
        Assert.Equal([32767 / 32768f, -1f, 32767 / 32768f, -1f], wav.data<float>());
        using var stereo = new WavFileWriter(new MemoryStream(), 16000, 2);
        Assert.Throws<ArgumentException>(() => stereo.Write([1f]));
        stereo.Dispose();
        stereo.Dispose();
        Assert.Throws<ObjectDisposedException>(() => stereo.Write([1f, 1f]));
        Assert.Throws<ArgumentException>(() => new WavFileWriter(new MemoryStream(), 16000, 1, AudioSampleFormat.ALaw));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WavFileWriter(new MemoryStream(), 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WavFileWriter(new MemoryStream(), 16000, 65));
        Assert.Throws<AudioCraftException>(() => new WavFileWriter("/proc/no/such.wav", 16000));
    }

    private sealed class ForwardOnly(Stream target) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush() => target.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => target.Write(buffer, offset, count);
    }

    /// <summary>A file of which only the first bytes are kept.</summary>
    private sealed class HeadOnly : Stream
    {
        private long length;

        public byte[] Head { get; } = new byte[4096];

        public override bool CanRead => false;

        public override bool CanSeek => true;

        public override bool CanWrite => true;

        public override long Length => length;

        public override long Position { get; set; }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count)
        {
            var kept = (int)Math.Clamp(Head.Length - Position, 0, count);
            buffer.AsSpan(offset, kept).CopyTo(kept > 0 ? Head.AsSpan((int)Position) : []);
            Position += count;
            length = Math.Max(length, Position);
        }
    }
}
