using AudioCraft.NAudio.SoundFile;
using NAudio.Wave;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.NAudio.Tests;

/// <summary>A system without libsndfile and libasound. What needs libsndfile to prepare is done before it is hidden.</summary>
public sealed class MissingLibraryTests : IDisposable
{
    private static readonly byte[] Mp3;
    private static readonly byte[] Flac;
    private static readonly Tensor Mp3ByLibSndFile;

    static MissingLibraryTests()
    {
        Mp3 = SoundFileReaderTests.Encode(SoundFormat.Mp3, 2);
        Flac = SoundFileReaderTests.Encode(SoundFormat.Flac, 2);
        Mp3ByLibSndFile = NAudioFile.Read(new MemoryStream(Mp3)).Wav;
    }

    public MissingLibraryTests() => NativeLibraries.Hidden.Value = true;

    public void Dispose() => NativeLibraries.Hidden.Value = false;

    [Fact]
    public void Mp3_is_decoded_to_the_same_samples()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.True(Mp3.Length > 0);
            return;
        }

        var (wav, rate) = NAudioFile.Read(new MemoryStream(Mp3));
        using (wav)
        {
            Assert.Equal((24000, 2L), (rate, wav.size(0)));
            Assert.InRange(wav.size(1), 12_000, 14_400);

            // The decoders differ in how many frames of encoder delay they leave out.
            using var scope = NewDisposeScope();
            var middle = Mp3ByLibSndFile.narrow(1, 4000, 4000);
            var best = Enumerable.Range(0, (int)wav.size(1) - 4000).Min(shift => (wav.narrow(1, shift, 4000) - middle).abs().max().item<float>());
            Assert.InRange(best, 0, 1e-3);
        }
    }

    [Fact]
    public void Seeking_in_mp3_is_exact()
    {
        using var reader = new SoundFileReader(new MemoryStream(Mp3));
        var all = new float[(reader.Length / sizeof(float)) + 2];
        var total = reader.Read(all.AsSpan());
        Assert.Equal(reader.Length, total * sizeof(float));
        var buffer = new float[100];
        foreach (var frame in new[] { 9000, 100, 5000 })
        {
            reader.Position = frame * 8L;
            Assert.Equal(frame * 8L, reader.Position);
            Assert.Equal(100, reader.Read(buffer.AsSpan()));
            Assert.Equal(all[(frame * 2)..((frame * 2) + 100)], buffer);
        }
    }

    [Fact]
    public void Damaged_mp3_gives_samples_or_a_typed_error()
    {
        var random = new Random(5);
        for (var i = 0; i < 200; i++)
        {
            var damaged = (byte[])Mp3.Clone();
            for (var hit = 0; hit < 6; hit++)
            {
                damaged[random.Next(i < 100 ? 300 : damaged.Length)] = (byte)random.Next(256);
            }

            var used = ProcessorTime.StartNew();
            var error = Record.Exception(() => NAudioFile.Read(new MemoryStream(i % 3 == 0 ? damaged[..random.Next(damaged.Length)] : damaged)).Wav.Dispose());
            Assert.True(error is null or AudioCraftException, $"{error}");
            Assert.True(used.Elapsed < TimeSpan.FromSeconds(2), $"it took {used.Elapsed}");
        }
    }

    [Fact]
    public void Other_formats_name_the_library_and_how_to_install_it()
    {
        var read = Assert.Throws<AudioCraftException>(() => NAudioFile.Read(new MemoryStream(Flac)));
        var write = Assert.Throws<AudioCraftException>(() => new SoundFileWriter(new MemoryStream(), WaveFormat.CreateIeeeFloatWaveFormat(24000, 1), SoundFormat.Flac));
        var expected = OperatingSystem.IsMacOS() ? "brew install libsndfile" : OperatingSystem.IsWindows() ? "sndfile.dll" : "apt-get install libsndfile1";
        foreach (var error in new[] { read, write })
        {
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
            Assert.Equal(1, error.Message.Count(c => c == '.') - (OperatingSystem.IsWindows() ? 1 : 0));
        }
    }

    [Fact]
    public void Wav_needs_no_library()
    {
        using var wav = NAudioFileTests.Tones(1);
        using var stream = new MemoryStream();
        NAudioFile.Write(stream, SoundFormat.Wav, wav, 24000);
        stream.Position = 0;
        using var back = NAudioFile.Read(stream).Wav;
        Assert.Equal(wav.shape, back.shape);
    }

    [Fact]
    public void Playback_names_the_library_and_how_to_install_it()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Throws<ArgumentException>(() => AudioPlayback.OpenDevice("null"));
            return;
        }

        Assert.Contains("apt-get install libasound2", Assert.Throws<AudioCraftException>(() => AudioPlayback.OpenDevice("null")).Message, StringComparison.Ordinal);
    }
}
