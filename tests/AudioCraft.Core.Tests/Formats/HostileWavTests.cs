using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using AudioCraft.Audio;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Formats;

/// <summary>Damaged, unusual and malicious WAV files.</summary>
[Collection(ProcessWideState.Name)]
public class HostileWavTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public HostileWavTests() => manual_seed(20261127);

    private static byte[] Bytes(AudioSampleFormat format, int channels = 2, int frames = 20)
    {
        using var x = rand(channels, frames) * 1.8f - 0.9f;
        var stream = new MemoryStream();
        AudioFile.Write(stream, x, 16000, new AudioWriteOptions { Normalization = AudioNormalization.None, Format = format });
        return stream.ToArray();
    }

    /// <summary>A file with the given chunks, 16-bit mono at 8 kHz by default.</summary>
    private static byte[] Riff(params (string Id, byte[] Body, uint? Size)[] chunks)
    {
        var stream = new MemoryStream();
        stream.Write("RIFF"u8);
        stream.Write([0xff, 0xff, 0xff, 0x7f]);
        stream.Write("WAVE"u8);
        foreach (var (id, body, size) in chunks)
        {
            stream.Write(Encoding.Latin1.GetBytes(id));
            var head = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(head, size ?? (uint)body.Length);
            stream.Write(head);
            stream.Write(body);
            if (size is null && body.Length % 2 == 1)
            {
                stream.WriteByte(0);
            }
        }

        return stream.ToArray();
    }

    private static (string, byte[], uint?) Fmt(ushort tag = 1, ushort channels = 1, uint rate = 8000, ushort align = 2, ushort bits = 16, int length = 16)
    {
        var body = new byte[length];
        var writer = new BinaryWriter(new MemoryStream(body));
        writer.Write(tag);
        writer.Write(channels);
        writer.Write(rate);
        writer.Write(rate * align);
        writer.Write(align);
        writer.Write(bits);
        return ("fmt ", body, null);
    }

    private static (string, byte[], uint?) Data(uint? size = null, params short[] samples)
    {
        var body = new byte[samples.Length * 2];
        Buffer.BlockCopy(samples, 0, body, 0, body.Length);
        return ("data", body, size);
    }

    private static float[] Read(byte[] file, bool oneWay = false)
    {
        using var wav = AudioFile.Read(oneWay ? new OneWay(file) : new MemoryStream(file)).Wav;
        return wav.numel() == 0 ? [] : System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(wav.bytes).ToArray();
    }

    private static void Refused(byte[] file, string because)
    {
        foreach (var stream in new Stream[] { new MemoryStream(file), new OneWay(file) })
        {
            var error = Assert.Throws<AudioFormatException>(() => AudioFile.Read(stream));
            Assert.Contains(because, error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(AudioSampleFormat.Pcm8)]
    [InlineData(AudioSampleFormat.Pcm16)]
    [InlineData(AudioSampleFormat.Pcm24)]
    [InlineData(AudioSampleFormat.Pcm32)]
    [InlineData(AudioSampleFormat.Float32)]
    [InlineData(AudioSampleFormat.Float64)]
    public void Every_truncation_beyond_the_size_of_a_header_throws(AudioSampleFormat format)
    {
        // Programs that count the header as samples state up to that many bytes too many.
        var file = Bytes(format, frames: 200);
        LiveTensors.NoneLeft(() =>
        {
            for (var length = 0; length < file.Length - 80; length++)
            {
                Assert.Throws<AudioFormatException>(() => AudioFile.Read(new MemoryStream(file[..length])));
                Assert.Throws<AudioFormatException>(() => AudioFile.Read(new OneWay(file[..length])));
                if (length < 44)
                {
                    Assert.Throws<AudioFormatException>(() => AudioFile.Info(new MemoryStream(file[..length])));
                }
            }
        });
    }

    [Fact]
    public void Changed_bytes_give_audio_or_AudioFormatException_without_leaks()
    {
        var random = new Random(20);
        var watch = ProcessorTime.StartNew();
        var (read, rejected) = (0, 0);
        foreach (var format in Enum.GetValues<AudioSampleFormat>().Where(format => format <= AudioSampleFormat.Float64))
        {
            var good = Bytes(format, channels: 3);
            LiveTensors.NoneLeft(() =>
            {
                for (var round = 0; round < 1500; round++)
                {
                    var file = (byte[])good.Clone();
                    for (var flips = random.Next(1, 5); flips > 0; flips--)
                    {
                        // Mostly in the header: the rest is samples.
                        file[random.Next(random.Next(3) == 0 ? file.Length : 70)] = random.Next(3) switch { 0 => 0, 1 => 0xff, _ => (byte)random.Next(256) };
                    }

                    try
                    {
                        var (wav, rate) = AudioFile.Read(round % 2 == 0 ? new MemoryStream(file) : new OneWay(file));
                        using (wav)
                        {
                            Assert.InRange(wav.numel(), 0, file.Length);
                            Assert.InRange(rate, 1, Waveform.MaxSampleRate);
                        }

                        read++;
                    }
                    catch (AudioFormatException)
                    {
                        rejected++;
                    }
                }
            });
        }

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30));
        Assert.True(read > 100 && rejected > 100, $"{read} files were read and {rejected} rejected");
    }

    [Fact]
    public void Other_file_formats_are_rejected_by_name()
    {
        Refused([], "0 bytes");
        Refused("fLaC and what follows"u8.ToArray(), "FLAC");
        Refused("OggS and what follows"u8.ToArray(), "Ogg");
        Refused("ID3\u0004 and what follows"u8.ToArray(), "MP3");
        Refused("RIFF\0\0\0\0AVI  and so on"u8.ToArray(), "AVI");
        Refused("{\"this\": \"is JSON\"}"u8.ToArray(), "JSON");
        Refused(File.ReadAllBytes(Golden.File("audio_io", "stereo.flac")), "FLAC");
    }

    [Fact]
    public void Invalid_format_chunks_are_rejected_with_the_value()
    {
        var data = Data(null, 1, 2, 3, 4);
        Refused(Riff(Fmt(channels: 0), data), "0 channels");
        Refused(Riff(Fmt(channels: 65535), data), "65535 channels");
        Refused(Riff(Fmt(rate: 0), data), "0 Hz");
        Refused(Riff(Fmt(rate: uint.MaxValue), data), "4294967295 Hz");
        Refused(Riff(Fmt(align: 0), data), "states 0");
        Refused(Riff(Fmt(align: 3), data), "states 3");
        Refused(Riff(Fmt(bits: 0), data), "0 bits");
        Refused(Riff(Fmt(bits: 33, align: 5), data), "33 bits");
        Refused(Riff(Fmt(tag: 3, bits: 16), data), "format 3");
        Refused(Riff(Fmt(tag: 85), data), "format 85");
        Refused(Riff(Fmt(tag: 0xFFFE), data), "40 bytes");
        Refused(Riff(Fmt(tag: 0xFFFE, length: 40), data), "subformat");
        Refused(Riff(("fmt ", new byte[14], null), data), "14 bytes");
        Refused(Riff(data), "no 'fmt ' chunk");
        Refused(Riff(Fmt()), "before its 'data'");
    }

    [Fact]
    public void False_sizes_are_rejected_without_allocation()
    {
        var before = GC.GetTotalAllocatedBytes();
        Refused(Riff(Fmt(), Data(0x7FFE0000, 1, 2, 3)), "2147352576 bytes");
        Refused(Riff(Fmt(), ("LIST", [1, 2], 0xFFFFFFFF)), "'LIST'");
        Refused(Riff(("fmt ", Fmt().Item2, 0xFFFFFFF0)), "'fmt '");
        Assert.True(GC.GetTotalAllocatedBytes() - before < 4_000_000);
    }

    [Fact]
    public void Number_of_chunks_is_limited()
    {
        var file = Riff([.. Enumerable.Repeat(("junk", Array.Empty<byte>(), (uint?)null), 100_000)]);
        var watch = ProcessorTime.StartNew();
        Refused(file, "chunks");
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Non_finite_samples_are_rejected_with_the_position()
    {
        var file = Bytes(AudioSampleFormat.Float32);
        BinaryPrimitives.WriteSingleLittleEndian(file.AsSpan(file.Length - 4), float.PositiveInfinity);
        Refused(file, "sample 19 of channel 1");
        var wide = Bytes(AudioSampleFormat.Float64, channels: 1);
        BinaryPrimitives.WriteDoubleLittleEndian(wide.AsSpan(wide.Length - 8), 1e300);
        Refused(wide, "sample 19 of channel 0");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Unknown_chunks_are_skipped(bool oneWay)
    {
        float[] expected = [1 / 32768f, -2 / 32768f, 3 / 32768f];
        var data = Data(null, 1, -2, 3);
        Assert.Equal(expected, Read(Riff(("JUNK", new byte[27], null), Fmt(length: 18), ("LIST", new byte[5], null), ("fact", new byte[4], null), data, ("id3 ", new byte[9], null)), oneWay));
        Assert.Equal(expected, Read([.. Riff(Fmt(), data), 1, 2, 3], oneWay));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Unfinished_recordings_are_read_to_the_end(bool oneWay)
    {
        float[] expected = [1 / 32768f, -2 / 32768f, 3 / 32768f];
        Assert.Equal(expected, Read(Riff(Fmt(), Data(0xFFFFFFFF, 1, -2, 3)), oneWay));
        Assert.Equal(expected, Read([.. Riff(Fmt(), Data(0xFFFFFFFF, 1, -2, 3)), 77], oneWay));
        var unfinished = Riff(Fmt(), Data(0, 1, -2, 3));
        unfinished.AsSpan(4, 4).Clear();
        Assert.Equal(expected, Read(unfinished, oneWay));
        Assert.Empty(Read(Riff(Fmt(), Data(0), ("LIST", new byte[40], null)), oneWay));
        Assert.Empty(Read(Riff(Fmt(), Data(0xFFFFFFFF)), oneWay));
    }

    [Fact]
    public void Depths_between_whole_bytes_use_the_upper_bits()
    {
        Assert.Equal([0.5f], Read(Riff(Fmt(bits: 12), Data(null, 0x4000))));
        Assert.Equal([0.5f], Read(Riff(Fmt(bits: 20, align: 3), ("data", [0, 0, 0x40], null))));
        Assert.Equal([-0.75f, 0.5f], Read(Riff(Fmt(bits: 8, align: 1), ("data", [32, 192], null))));
    }

    [Fact]
    public void ALaw_matches_the_standard()
    {
        // G.711: the code for the smallest positive value is 0xD5, for the largest 0xAA; clearing the top bit changes the sign.
        Assert.Equal([8 / 32768f, 32256 / 32768f, -8 / 32768f, -32256 / 32768f], Read(Riff(Fmt(tag: 6, bits: 8, align: 1), ("data", [0xD5, 0xAA, 0x55, 0x2A], null))));
    }

    [Fact]
    public void Rf64_size_is_read_from_ds64_and_checked()
    {
        var sizes = new byte[28];
        BinaryPrimitives.WriteUInt64LittleEndian(sizes.AsSpan(8), 4);
        var file = Riff(("ds64", sizes, null), Fmt(), Data(0xFFFFFFFF, 1, 2, 3));
        "RF64"u8.CopyTo(file);
        Assert.Equal([1 / 32768f, 2 / 32768f], Read(file));
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(28), 1UL << 50);
        Refused(file, "1125899906842624 bytes");
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(28), ulong.MaxValue - 1);
        Refused(file, "more than any file has");
    }

    [Fact]
    public void Info_of_a_pipe_returns_the_length_only_if_the_header_has_it()
    {
        Assert.Equal(3, AudioFile.Info(new OneWay(Riff(Fmt(), Data(null, 1, 2, 3)))).Frames);
        Assert.Null(AudioFile.Info(new OneWay(Riff(Fmt(), Data(0xFFFFFFFF, 1, 2, 3)))).Frames);
        Assert.Equal(3, AudioFile.Info(new MemoryStream(Riff(Fmt(), Data(0xFFFFFFFF, 1, 2, 3)))).Frames);
    }
}
