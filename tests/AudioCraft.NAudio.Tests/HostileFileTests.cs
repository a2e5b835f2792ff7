using AudioCraft.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.NAudio.Tests;

/// <summary>Damaged, truncated and malicious files.</summary>
public class HostileFileTests
{
    private static byte[] File(SoundFormat format)
    {
        using var wav = NAudioFileTests.Tones(2);
        var stream = new MemoryStream();
        NAudioFile.Write(stream, format, wav, 24000);
        return stream.ToArray();
    }

    private static Exception? Read(byte[] file, long maxSamples = NAudioFile.DefaultMaxSamples)
    {
        var used = ProcessorTime.StartNew();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var error = Record.Exception(() => NAudioFile.Read(new MemoryStream(file), maxSamples).Wav.Dispose());
        Assert.True(used.Elapsed < TimeSpan.FromSeconds(2), $"it took {used.Elapsed}");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 64 << 20);
        return error;
    }

    [Theory]
    [InlineData(SoundFormat.Aiff)]
    [InlineData(SoundFormat.Flac)]
    public void Truncated_file_is_rejected(SoundFormat format)
    {
        var file = File(format);
        foreach (var length in new[] { 0, 3, 11, 12, 40, file.Length / 2, file.Length - 100 })
        {
            Assert.IsType<AudioFormatException>(Read(file[..length]));
        }
    }

    [Theory]
    [InlineData(SoundFormat.Wav)]
    [InlineData(SoundFormat.Aiff)]
    [InlineData(SoundFormat.Flac)]
    [InlineData(SoundFormat.OggVorbis)]
    [InlineData(SoundFormat.Opus)]
    [InlineData(SoundFormat.Mp3)]
    public void Damaged_file_gives_audio_or_a_typed_error(SoundFormat format)
    {
        var random = new Random(7);
        var file = File(format);
        for (var i = 0; i < 60; i++)
        {
            var damaged = (byte[])file.Clone();
            for (var hit = 0; hit < 4; hit++)
            {
                damaged[random.Next(i < 30 ? Math.Min(200, file.Length) : file.Length)] = (byte)random.Next(256);
            }

            var error = Read(i % 3 == 0 ? damaged[..random.Next(file.Length)] : damaged);
            Assert.True(error is null or AudioFormatException, $"{error}");
        }
    }

    [Fact]
    public void Noise_after_the_magic_number_is_rejected()
    {
        var random = new Random(3);
        foreach (var head in new[] { "FORM\0\0\0\x10" + "AIFF", "fLaC", "OggS", "ID3", "RIFFxxxxWAVE", "caff", ".snd", "hello, no sound at all" })
        {
            var file = new byte[4096];
            random.NextBytes(file);
            System.Text.Encoding.Latin1.GetBytes(head).CopyTo(file, 0);
            Assert.IsType<AudioFormatException>(Read(file));
        }
    }

    [Fact]
    public void Header_that_states_a_day_of_audio_is_rejected_without_allocation()
    {
        var file = File(SoundFormat.Flac);

        // STREAMINFO: the low 32 of the 36 bits that count samples.
        file.AsSpan(22, 4).Fill(0xFF);
        Assert.IsType<AudioFormatException>(Read(file));
    }

    [Fact]
    public void Limit_of_samples_is_enforced()
    {
        foreach (var format in new[] { SoundFormat.Flac, SoundFormat.OggVorbis, SoundFormat.Mp3 })
        {
            Assert.Contains("1000 samples", Assert.IsType<AudioFormatException>(Read(File(format), 1000)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Exceptions_of_the_stream_differ_from_damage()
    {
        var error = Assert.Throws<AudioCraftException>(() => NAudioFile.Read("/no/such/file.flac"));
        Assert.IsNotType<AudioFormatException>(error);
    }
}
