using System.Buffers.Binary;
using System.Text;
using AudioCraft.Tests.Checkpoints;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Formats.Wav;

/// <summary>Headers that real programs write, from files and from pipes.</summary>
public class WavHeaderTests
{
    private const int Frames = 1600;

    private static string Folder => Path.GetFullPath(Path.Combine(Golden.Directory("audio_io"), "..", "..", "data", "audio"));

    private static byte[] Samples(int frames = Frames) => [.. Enumerable.Range(0, frames).SelectMany(i => BitConverter.GetBytes((short)(16000 * Math.Sin(i * 0.17))))];

    private static byte[] Chunk(string id, byte[] body, uint? size = null, bool pad = true) =>
        [.. Encoding.Latin1.GetBytes(id), .. BitConverter.GetBytes(size ?? (uint)body.Length), .. body, .. pad && body.Length % 2 == 1 ? new byte[1] : []];

    private static byte[] Format(ushort tag = 1, ushort channels = 1, ushort align = 2, ushort bits = 16) =>
        [.. BitConverter.GetBytes(tag), .. BitConverter.GetBytes(channels), .. BitConverter.GetBytes(16000), .. BitConverter.GetBytes(16000 * align), .. BitConverter.GetBytes(align), .. BitConverter.GetBytes(bits)];

    private static byte[] Riff(uint? size, params byte[][] chunks)
    {
        byte[] body = [.. "WAVE"u8, .. chunks.SelectMany(chunk => chunk)];
        return [.. "RIFF"u8, .. BitConverter.GetBytes(size ?? (uint)body.Length), .. body];
    }

    private static void Reads(byte[] file, byte[] samples, bool hasNote)
    {
        foreach (var stream in new Stream[] { new MemoryStream(file), new OneWay(file) })
        {
            var notes = new Notes();
            var (wav, rate) = AudioFile.Read(stream, new AudioReadOptions { Logger = notes });
            using (wav)
            {
                Assert.Equal(16000, rate);
                Assert.Equal(samples.Length / 2, wav.size(1));
                Assert.Equal(MemoryShorts(samples), wav.data<float>().Select(x => (short)(x * 32768)));
            }

            Assert.Equal(hasNote, notes.Count > 0);
            var info = AudioFile.Info(new MemoryStream(file));
            Assert.Equal(samples.Length / 2, info.Frames);
        }
    }

    private static short[] MemoryShorts(byte[] samples) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, short>(samples).ToArray();

    [Theory]
    [InlineData("01-pipe-sizes-7ffff000.wav", 1600)]
    [InlineData("01-data-size-16-too-many.wav", 1600)]
    [InlineData("02-inst-odd-with-pad.wav", 1600)]
    [InlineData("02-inst-odd-without-pad.wav", 1600)]
    [InlineData("04-data-before-fmt.wav", 1600)]
    [InlineData("05-pcm24-in-4-byte-frames.wav", 1600)]
    [InlineData("06-size-says-a-third.wav", 4800)]
    public void Files_of_users_are_read_from_files_and_pipes(string name, int frames)
    {
        var file = File.ReadAllBytes(Path.Combine(Folder, name));
        using var scope = NewDisposeScope();
        var wav = AudioFile.Read(new MemoryStream(file)).Wav;
        Assert.Equal([1, frames], wav.shape);
        Assert.InRange(wav.abs().max().item<float>(), 0.4f, 0.6f);
        Exactly.Equal(wav, AudioFile.Read(new OneWay(file)).Wav);
        Exactly.Equal(wav, AudioFile.Read(Path.Combine(Folder, name)).Wav);
    }

    [Fact]
    public void Pad_bytes_and_containers_do_not_change_the_samples()
    {
        using var scope = NewDisposeScope();
        Tensor Read(string name) => AudioFile.Read(Path.Combine(Folder, name)).Wav;
        Exactly.Equal(Read("02-inst-odd-with-pad.wav"), Read("02-inst-odd-without-pad.wav"));
        Near.Equal(Read("04-data-before-fmt.wav"), Read("05-pcm24-in-4-byte-frames.wav"), 1e-4);
    }

    [Theory]
    [InlineData(0x7FFFFFFFu)]
    [InlineData(0x7FFFF000u)]
    [InlineData(0x7FFFFFDBu)]
    [InlineData(0x80000000u)]
    [InlineData(0xFFFFFFFFu)]
    [InlineData(0xFFFFFFFEu)]
    [InlineData(0xFFFFFFDBu)]
    public void Sizes_of_pipes_are_read_to_the_end(uint size)
    {
        foreach (var riff in new uint?[] { size, null, 0 })
        {
            Reads(Riff(riff, Chunk("fmt ", Format()), Chunk("data", Samples(), size)), Samples(), hasNote: true);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(36)]
    [InlineData(44)]
    public void Sizes_that_count_the_header_are_read(int tooMany) =>
        Reads(Riff(null, Chunk("fmt ", Format()), Chunk("data", Samples(), (uint)(Frames * 2 + tooMany))), Samples(), hasNote: true);

    [Theory]
    [InlineData(1000)]
    [InlineData(3198)]
    [InlineData(2)]
    public void Sizes_smaller_than_the_samples_are_read_on(int size)
    {
        var samples = Samples();
        Reads(Riff(null, Chunk("fmt ", Format()), [.. "data"u8, .. BitConverter.GetBytes(size), .. samples]), size == 3198 ? samples[..3198] : samples, hasNote: size != 3198);
    }

    [Fact]
    public void Chunks_tags_and_padding_after_the_samples_are_not_read_as_samples()
    {
        byte[][] ends = [Chunk("LIST", new byte[40]), Chunk("xyzq", new byte[40]), Chunk("LIST", new byte[10], 5000), [.. "TAG"u8, .. new byte[125]], [.. "APETAGEX"u8, .. new byte[24]], new byte[512], [1, 2, 3]];
        foreach (var end in ends)
        {
            Reads([.. Riff(null, Chunk("fmt ", Format()), Chunk("data", Samples())), .. end], Samples(), hasNote: false);
        }
    }

    [Fact]
    public void Truncated_samples_are_an_error_with_advice()
    {
        var file = Riff(null, Chunk("fmt ", Format()), Chunk("data", Samples()));
        foreach (var stream in new Stream[] { new MemoryStream(file[..1000]), new OneWay(file[..1000]) })
        {
            var message = Assert.Throws<AudioFormatException>(() => AudioFile.Read(stream)).Message;
            Assert.Contains("3200 bytes", message, StringComparison.Ordinal);
            Assert.Contains("again", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Odd_sizes_keep_the_whole_frames()
    {
        byte[] samples = [.. Samples(), 7];
        Reads(Riff(null, Chunk("fmt ", Format()), Chunk("data", samples)), Samples(), hasNote: false);
        Reads(Riff(null, Chunk("fmt ", Format()), Chunk("data", samples, 0x7FFFF001, pad: false)), Samples(), hasNote: true);
    }

    [Fact]
    public void Odd_chunks_without_pad_byte_are_read()
    {
        foreach (var pad in new[] { true, false })
        {
            Reads(Riff(null, Chunk("LIST", new byte[7], pad: pad), Chunk("fmt ", Format()), Chunk("odd ", [1, 2, 3], pad: pad), Chunk("data", Samples())), Samples(), hasNote: !pad);
        }
    }

    [Fact]
    public void Data_before_fmt_is_read()
    {
        foreach (var between in new[] { Chunk("LIST", new byte[9]), [] })
        {
            Reads(Riff(null, Chunk("data", Samples()), between, Chunk("fmt ", Format())), Samples(), hasNote: true);
        }
    }

    [Fact]
    public void Id3_tags_in_front_are_skipped()
    {
        byte[] tag = [.. "ID3"u8, 4, 0, 0, 0, 0, 1, 2, .. new byte[130]];
        Reads([.. tag, .. Riff(null, Chunk("fmt ", Format()), Chunk("data", Samples()))], Samples(), hasNote: false);
        Assert.Contains("MP3", Assert.Throws<AudioFormatException>(() => AudioFile.Read(new MemoryStream([.. tag, 0xFF, 0xFB, 0x90, 0, .. new byte[100]]))).Message, StringComparison.Ordinal);
        Assert.Throws<AudioFormatException>(() => AudioFile.Read(new MemoryStream([.. tag[..50]])));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Samples_of_24_bits_in_4_bytes_are_read_from_the_upper_or_lower_bytes(bool isUpper, bool isExtensible)
    {
        int[] values = [1 << 22, -(1 << 22), 8_388_607, -8_388_608, 0, 255];
        var body = values.SelectMany(value => BitConverter.GetBytes(isUpper ? value << 8 : value)).ToArray();
        byte[] format = isExtensible
            ? [.. Format(0xFFFE, 1, 4, 24), 22, 0, 24, 0, 4, 0, 0, 0, 1, 0, .. AudioCraft.Formats.WavFormat.SubformatTail]
            : Format(1, 1, 4, 24);
        var file = Riff(null, Chunk("fmt ", format), Chunk("data", body));
        foreach (var stream in new Stream[] { new MemoryStream(file), new OneWay(file) })
        {
            using var wav = AudioFile.Read(stream).Wav;
            Assert.Equal(values.Select(value => value / 8388608f), wav.data<float>());
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Samples_of_a_pipe_that_must_be_kept_are_read_up_to_the_limit(bool isBeforeFormat)
    {
        // Of both files, all bytes are needed before the first sample can be decoded.
        var samples = new byte[40_000_000];
        var (format, data) = (Chunk("fmt ", isBeforeFormat ? Format() : Format(1, 1, 4, 24)), Chunk("data", samples));
        var pipe = new Pipe(isBeforeFormat ? Riff(null, data, format) : Riff(null, format, data));
        var error = Assert.Throws<AudioFormatException>(() => AudioFile.Read(pipe, new AudioReadOptions { MaxSamples = 1000 }));
        Assert.Contains("samples", error.Message, StringComparison.Ordinal);
        Assert.InRange(pipe.Given, 1, 4_000_000);
        var count = samples.Length / (isBeforeFormat ? 2 : 4);
        foreach (var limit in new long?[] { count, null })
        {
            using var wav = AudioFile.Read(new Pipe(isBeforeFormat ? Riff(null, data, format) : Riff(null, format, data)), new AudioReadOptions { MaxSamples = limit }).Wav;
            Assert.Equal(count, wav.size(1));
        }
    }

    [Fact]
    public void Copy_of_a_pipe_ends_at_its_limit()
    {
        byte[] bytes = [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i % 251))];
        foreach (var (count, limit, length, whole) in new[] { (200_000L, 200_000L, 200_000L, true), (long.MaxValue, 200_000, 200_000, true), (long.MaxValue, 199_999, 199_999, false), (65_536, 1 << 20, 65_536, true), (300_000, 1 << 20, 200_000, true), (0, 10, 0, true) })
        {
            var copy = new AudioCraft.Formats.ByteSource(new OneWay(bytes), "it").Copy(count, limit, out var isWhole);
            Assert.Equal((length, whole), (copy.Remaining!.Value, isWhole));
            var all = new byte[length];
            copy.ReadExactly(all, "it");
            Assert.Equal(bytes[..(int)length], all);
        }
    }

    [Fact]
    public void Big_endian_files_are_read()
    {
        byte[] format = [0, 1, 0, 1, 0, 0, 0x3E, 0x80, 0, 0, 0x7D, 0, 0, 2, 0, 16];
        byte[] file = [.. "RIFX"u8, 0, 0, 0, 44, .. "WAVEfmt "u8, 0, 0, 0, 16, .. format, .. "data"u8, 0, 0, 0, 4, 0x40, 0, 0xC0, 0];
        using var wav = AudioFile.Read(new MemoryStream(file)).Wav;
        Assert.Equal([0.5f, -0.5f], wav.data<float>());
    }

    [Fact]
    public void Wave64_files_are_read()
    {
        static byte[] Guid(string id) => [.. Encoding.Latin1.GetBytes(id), 0xF3, 0xAC, 0xD3, 0x11, 0x8C, 0xD1, 0, 0xC0, 0x4F, 0x8E, 0xDB, 0x8A];
        byte[] riff = [.. "riff"u8, 0x2E, 0x91, 0xCF, 0x11, 0xA5, 0xD6, 0x28, 0xDB, 0x04, 0xC1, 0, 0];
        byte[] body = [.. Guid("wave"), .. Guid("fact"), .. BitConverter.GetBytes(28L), 1, 2, 3, 4, 0, 0, 0, 0, .. Guid("fmt "), .. BitConverter.GetBytes(40L), .. Format(), .. Guid("data"), .. BitConverter.GetBytes(24L + (Frames * 2)), .. Samples()];
        Reads([.. riff, .. BitConverter.GetBytes(24L + body.Length), .. body], Samples(), hasNote: false);
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MaxValue - 24)]
    [InlineData(-1L)]
    [InlineData(0L)]
    [InlineData(24L)]
    public void Wave64_of_a_pipe_is_read_to_the_end(long size)
    {
        static byte[] Guid(string id) => [.. Encoding.Latin1.GetBytes(id), 0xF3, 0xAC, 0xD3, 0x11, 0x8C, 0xD1, 0, 0xC0, 0x4F, 0x8E, 0xDB, 0x8A];
        byte[] riff = [.. "riff"u8, 0x2E, 0x91, 0xCF, 0x11, 0xA5, 0xD6, 0x28, 0xDB, 0x04, 0xC1, 0, 0];
        foreach (var riffSize in new[] { size, long.MaxValue })
        {
            byte[] file = [.. riff, .. BitConverter.GetBytes(riffSize), .. Guid("wave"), .. Guid("fmt "), .. BitConverter.GetBytes(40L), .. Format(), .. Guid("data"), .. BitConverter.GetBytes(size), .. Samples()];
            Reads(file, Samples(), hasNote: true);
        }
    }

    [Fact]
    public void Bytes_after_a_consistent_file_are_ignored()
    {
        var ones = new byte[4096];
        Array.Fill(ones, (byte)0xFF);
        var noise = new byte[4096];
        new Random(5).NextBytes(noise);
        byte[] html = [.. "<!-- served by proxy, 12 ms -->"u8], manyOnes = [.. Enumerable.Repeat((byte)0xFF, 200_000)];
        foreach (var end in new[] { ones, manyOnes, noise, html, [.. Enumerable.Repeat(html, 1000).SelectMany(line => line)], [.. "\r\n------WebKitFormBoundaryABCDEFGHIJ--\r\n"u8] })
        {
            Reads([.. Riff(null, Chunk("fmt ", Format()), Chunk("data", Samples())), .. end], Samples(), hasNote: true);
        }
    }

    [Fact]
    public void Samples_after_both_sizes_of_a_stopped_recording_are_read()
    {
        var samples = Samples(40_000);
        Reads([.. Riff(null, Chunk("fmt ", Format()), Chunk("data", samples[..3200])), .. samples[3200..]], samples, hasNote: true);
    }

    [Fact]
    public void Chunks_with_unusual_names_after_the_samples_are_not_read_as_samples()
    {
        foreach (var id in new[] { "(c) ", "a/b+", "xyzq" })
        {
            Reads(Riff(null, Chunk("fmt ", Format()), Chunk("data", Samples()), Chunk(id, [1, 2, 3, 4, 5, 6, 7, 8])), Samples(), hasNote: false);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Empty_data_chunk_before_the_samples_is_skipped(bool hasChunkBetween)
    {
        var between = hasChunkBetween ? Chunk("LIST", new byte[9]) : [];
        Reads(Riff(null, Chunk("fmt ", Format()), Chunk("data", []), between, Chunk("data", Samples())), Samples(), hasNote: true);
        Reads(Riff(null, Chunk("data", []), Chunk("fmt ", Format()), between, Chunk("data", Samples())), Samples(), hasNote: true);
    }

    [Fact]
    public void Further_data_chunks_are_ignored_with_a_note()
    {
        foreach (var between in new[] { [], Chunk("LIST", new byte[9]) })
        {
            Reads(Riff(null, Chunk("fmt ", Format()), Chunk("data", Samples()), between, Chunk("data", Samples(500))), Samples(), hasNote: true);
        }
    }

    [Fact]
    public void Data_chunk_after_an_early_one_is_ignored_with_a_note() =>
        Reads(Riff(null, Chunk("data", Samples()), Chunk("fmt ", Format()), Chunk("data", Samples(500))), Samples(), hasNote: true);

    [Fact]
    public void Rf64_without_sizes_is_read_to_the_end()
    {
        var sizes = new byte[28];
        sizes.AsSpan(8, 8).Fill(0xFF);
        var file = Riff(0xFFFFFFFF, Chunk("ds64", sizes), Chunk("fmt ", Format()), Chunk("data", Samples(), 0xFFFFFFFF));
        "RF64"u8.CopyTo(file);
        Reads(file, Samples(), hasNote: true);
    }

    [Fact]
    public void Ambisonic_pcm_is_read()
    {
        byte[] format = [.. Format(0xFFFE, 4, 8, 16), 22, 0, 16, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x21, 0x07, 0xD3, 0x11, 0x86, 0x44, 0xC8, 0xC1, 0xCA, 0, 0, 0];
        using var wav = AudioFile.Read(new MemoryStream(Riff(null, Chunk("fmt ", format), Chunk("data", Samples())))).Wav;
        Assert.Equal([4, 400], wav.shape);
    }

    [Fact]
    public void Ambisonic_pcm_is_mixed_down_from_the_omnidirectional_channel()
    {
        byte[] format = [.. Format(0xFFFE, 4, 8, 16), 22, 0, 16, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x21, 0x07, 0xD3, 0x11, 0x86, 0x44, 0xC8, 0xC1, 0xCA, 0, 0, 0];
        var samples = Enumerable.Range(0, 400).SelectMany(i => new[] { (short)i, (short)-9000, (short)12000, (short)(7 * i) }).SelectMany(BitConverter.GetBytes).ToArray();
        var file = Riff(null, Chunk("fmt ", format), Chunk("data", samples));
        Assert.Equal(ChannelMask.Ambisonic, AudioFile.Info(new MemoryStream(file)).Layout);
        foreach (var channels in new[] { 1, 2, 3 })
        {
            using var wav = AudioFile.Read(new MemoryStream(file), new AudioReadOptions { Channels = channels }).Wav;
            Assert.Equal([channels, 400], wav.shape);
            Assert.Equal(Enumerable.Range(0, channels * 400).Select(i => (i % 400) / 32768f), wav.data<float>().ToArray());
        }
    }

    [Fact]
    public void Reserved_bits_of_a_channel_mask_are_ignored()
    {
        byte[] format = [.. Format(0xFFFE, 4, 8, 16), 22, 0, 16, 0, 0x33, 0, 0, 0x40, 1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];
        Assert.Equal(ChannelMask.None, AudioFile.Info(new MemoryStream(Riff(null, Chunk("fmt ", format), Chunk("data", Samples())))).Layout);
    }

    [Theory]
    [InlineData(17, "IMA ADPCM")]
    [InlineData(2, "Microsoft ADPCM")]
    [InlineData(0x31, "GSM")]
    [InlineData(0x55, "MP3")]
    public void Other_encodings_are_named_with_what_reads_them(int tag, string expected)
    {
        var message = Assert.Throws<AudioFormatException>(() => AudioFile.Read(new MemoryStream(Riff(null, Chunk("fmt ", Format((ushort)tag, bits: 4)), Chunk("data", Samples()))))).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains("NAudioFile", message, StringComparison.Ordinal);
    }

    private sealed class Notes : ILogger
    {
        public int Count { get; private set; }

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Assert.NotEmpty(formatter(state, exception));
            Count++;
        }
    }

    /// <summary>A stream like a pipe that counts the bytes read.</summary>
    private sealed class Pipe(byte[] bytes) : MemoryStream(bytes, writable: false)
    {
        public long Given => base.Position;

        public override bool CanSeek => false;
    }
}
