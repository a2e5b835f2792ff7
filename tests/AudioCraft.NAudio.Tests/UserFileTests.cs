using System.Text;
using AudioCraft.NAudio.SoundFile;
using NAudio.Wave;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.NAudio.Tests;

/// <summary>Files that users have: under tests/data/audio, and made here.</summary>
public class UserFileTests
{
    internal static byte[] Data(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "tests", "data", "audio", name);
            if (File.Exists(path))
            {
                return File.ReadAllBytes(path);
            }
        }

        throw new FileNotFoundException(name);
    }

    private static string Error(byte[] file)
    {
        using var folder = new AudioCraft.Tests.Checkpoints.TemporaryFolder();
        var path = folder.Write("name.wav", file);
        var error = Assert.Throws<AudioFormatException>(() => NAudioFile.Read(path));
        Assert.Equal(error.Message, Assert.Throws<AudioFormatException>(() => NAudioFile.Read(path, new AudioReadOptions { SampleRate = 16000, Channels = 1 })).Message);
        Assert.Contains("name.wav", error.Message, StringComparison.Ordinal);
        return error.Message;
    }

    [Theory]
    [InlineData("01-pipe-sizes-7ffff000.wav", 1600)]
    [InlineData("01-data-size-16-too-many.wav", 1600)]
    [InlineData("02-inst-odd-with-pad.wav", 1600)]
    [InlineData("02-inst-odd-without-pad.wav", 1600)]
    [InlineData("04-data-before-fmt.wav", 1600)]
    [InlineData("05-pcm24-in-4-byte-frames.wav", 1600)]
    [InlineData("06-size-says-a-third.wav", 4800)]
    public void Wav_files_with_wrong_headers_are_read(string name, int frames)
    {
        using var wav = NAudioFile.Read(new MemoryStream(Data(name))).Wav;
        Assert.Equal([1, frames], wav.shape);
        Assert.InRange(wav.abs().max().item<float>(), 0.4f, 0.6f);
    }

    [Fact]
    public void Ima_adpcm_is_read_with_libsndfile_or_the_error_names_it()
    {
        var file = Data("44-ima-adpcm.wav");
        if (!NativeLibraries.HasSoundFile)
        {
            Assert.Contains("libsndfile", Assert.Throws<AudioFormatException>(() => NAudioFile.Read(new MemoryStream(file))).Message, StringComparison.Ordinal);
            return;
        }

        var (wav, rate) = NAudioFile.Read(new MemoryStream(file));
        using (wav)
        {
            Assert.Equal(16000, rate);
            Assert.InRange(wav.size(1), 15_900, 16_200);
            Assert.InRange(wav.abs().max().item<float>(), 0.1f, 1f);
        }

        AppContext.SetSwitch(NativeLibraries.DisableSwitch, true);
        try
        {
            Assert.Contains("IMA ADPCM", Assert.Throws<AudioFormatException>(() => NAudioFile.Read(new MemoryStream(file))).Message, StringComparison.Ordinal);
        }
        finally
        {
            AppContext.SetSwitch(NativeLibraries.DisableSwitch, false);
        }
    }

    [Fact]
    public void M4a_with_another_name_is_named_with_what_to_do()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.ThrowsAny<AudioCraftException>(() => NAudioFile.Read(new MemoryStream(Data("07-m4a-named.wav"))));
            return;
        }

        var message = Error(Data("07-m4a-named.wav"));
        Assert.Contains("M4A", message, StringComparison.Ordinal);
        Assert.Contains("ffmpeg -i", message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string> OtherFiles() => new()
    {
        { "\u001AEß£\u0001\0\0\0\0\0\0#B\u0082\u0084webm", "WebM" },
        { "\u001AEß£\u0001\0\0\0\0\0\0#B\u0082\u0088matroska", "Matroska" },
        { "\0\0\0\u0014ftypqt  ", "QuickTime" },
        { "\0\0\0\u0020ftypisom", "MPEG-4" },
        { "RIFF\0\u0010\0\0AVI LIST", "AVI" },
        { "RIFF\0\u0010\0\0WEBPVP8 ", "WebP" },
        { "<!DOCTYPE html>\n<html><body>Not found</body></html>", "HTML" },
        { "  <html><head><title>Sign in</title></head></html>", "HTML" },
        { "version https://git-lfs.github.com/spec/v1\noid sha256:00", "Git LFS" },
        { "{\"error\": \"Repository not found\"}", "JSON" },
        { "Just a few words and no audio at all.", "text file" },
        { "ECDC\0\0\0\0\u0020{\"m\": \"encodec_24khz\"}", ".ecdc" },
        { "%PDF-1.7 and so on", "PDF" },
        { "wvpk and what follows", "WavPack" },
        { "0&²u\u008EfÏ\u0011¦Ù\0ª\0bÎl", "Windows Media" },
        { "ÿñP\u0080\u0002\u009Fü!\u001AÐ\0\0\0\0", "AAC" },
        { "#!AMR\n<and what follows>", "AMR" },
        { "", "empty" },
        { "RIFF\u0024", "5 bytes" },
        { "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "zero bytes" },
    };

    [Theory]
    [MemberData(nameof(OtherFiles))]
    public void Other_files_are_named_by_their_contents(string contents, string expected)
    {
        if (OperatingSystem.IsWindows() && expected is "AAC" or "MPEG-4" or "QuickTime" or "Windows Media")
        {
            Assert.ThrowsAny<AudioCraftException>(() => NAudioFile.Read(new MemoryStream(Encoding.Latin1.GetBytes(contents))));
            return;
        }

        Assert.Contains(expected, Error(Encoding.Latin1.GetBytes(contents)), StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_audio_keeps_the_decoders_message()
    {
        Assert.Contains("cannot be decoded", Error([.. "fLaC"u8, .. new byte[300]]), StringComparison.Ordinal);
    }

    [Fact]
    public void Conversion_while_reading_equals_conversion_afterwards()
    {
        using var scope = NewDisposeScope();
        using var tones = NAudioFileTests.Tones(6);
        foreach (var format in new[] { SoundFormat.Flac, SoundFormat.Wav })
        {
            var stream = new MemoryStream();
            NAudioFile.Write(stream, format, tones, 24000);
            stream.Position = 0;
            var whole = NAudioFile.Read(stream).Wav;
            foreach (var (rate, channels) in new[] { (16000, 1), (32000, 2), (24000, 2), (44100, 6) })
            {
                stream.Position = 0;
                var (wav, resultRate) = NAudioFile.Read(stream, new AudioReadOptions { SampleRate = rate, Channels = channels });
                Assert.Equal(rate, resultRate);
                Near.Equal(AudioConversion.Convert(whole, 24000, rate, channels), wav, 1e-5);
            }
        }
    }

    [Fact]
    public void Silence_that_unpacks_to_gigabytes_is_read_with_the_memory_of_the_result()
    {
        var file = Data("fuzz-craft-silence-8ch-23min.flac");
        var before = GC.GetAllocatedBytesForCurrentThread();
        var (wav, rate) = NAudioFile.Read(new MemoryStream(file), new AudioReadOptions { SampleRate = 8000, Channels = 1 });
        using (wav)
        {
            Assert.Equal((8000, 1, 11_120_000), (rate, wav.size(0), wav.size(1)));
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 20);
        Assert.Contains("the limit", Assert.Throws<AudioFormatException>(() => NAudioFile.Read(new MemoryStream(file), new AudioReadOptions { SampleRate = 8000, Channels = 1, MaxSamples = 1_000_000 })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SoundFormat.Wav)]
    [InlineData(SoundFormat.Aiff)]
    [InlineData(SoundFormat.Flac)]
    [InlineData(SoundFormat.OggVorbis)]
    [InlineData(SoundFormat.Opus)]
    [InlineData(SoundFormat.Mp3)]
    public void Files_without_samples_are_valid(SoundFormat format)
    {
        using var stream = new MemoryStream();
        using (new SoundFileWriter(stream, WaveFormat.CreateIeeeFloatWaveFormat(24000, 2), format, leaveOpen: true))
        {
        }

        stream.Position = 0;
        using var wav = NAudioFile.Read(stream).Wav;
        Assert.Equal(2, wav.size(0));
        Assert.InRange(wav.size(1), 0, 4800);
    }

    [Fact]
    public void Flac_of_a_pipe_without_a_length_is_read()
    {
        var file = SoundFileReaderTests.Encode(SoundFormat.Flac, 2);
        file[21] &= 0xF0;
        file.AsSpan(22, 4).Clear();
        using var wav = NAudioFile.Read(new MemoryStream(file)).Wav;
        Assert.Equal([2, 12_000], wav.shape);
    }

    [Fact]
    public void Formats_that_cannot_be_written_are_reported_once()
    {
        var many = Assert.Throws<ArgumentException>(() => new SoundFileWriter(new MemoryStream(), WaveFormat.CreateIeeeFloatWaveFormat(24000, 65), SoundFormat.Wav));
        Assert.Contains("65 channels", many.Message, StringComparison.Ordinal);
        var rate = Assert.Throws<ArgumentException>(() => new SoundFileWriter(new MemoryStream(), WaveFormat.CreateIeeeFloatWaveFormat(11_111, 1), SoundFormat.Mp3));
        Assert.Equal(1, rate.Message.Split("libsndfile").Length - 1);
    }
}
