using AudioCraft.NAudio.SoundFile;
using AudioCraft.Tests;
using NAudio.Wave;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.NAudio.Tests;

/// <summary>A system without libsndfile and libasound. Files that need libsndfile are prepared before it is disabled.</summary>
public sealed class MissingLibraryTests : IDisposable
{
    private static readonly byte[] Flac;
    private static readonly Dictionary<SoundFormat, byte[]> Files;
    private static readonly Dictionary<SoundFormat, Tensor> ByLibSndFile;

    static MissingLibraryTests()
    {
        Flac = SoundFileReaderTests.Encode(SoundFormat.Flac, 2);
        Files = new[] { SoundFormat.Mp3, SoundFormat.OggVorbis }.ToDictionary(format => format, format => SoundFileReaderTests.Encode(format, 2));
        ByLibSndFile = Files.ToDictionary(file => file.Key, file => NAudioFile.Read(new MemoryStream(file.Value)).Wav);
    }

    public MissingLibraryTests() => AppContext.SetSwitch(NativeLibraries.DisableSwitch, true);

    public void Dispose() => AppContext.SetSwitch(NativeLibraries.DisableSwitch, false);

    [Theory]
    [InlineData(SoundFormat.Mp3)]
    [InlineData(SoundFormat.OggVorbis)]
    public void Managed_decoders_give_the_same_samples(SoundFormat format)
    {
        var (wav, rate) = NAudioFile.Read(new MemoryStream(Files[format]));
        using (wav)
        {
            Assert.Equal((24000, 2L), (rate, wav.size(0)));
            Assert.InRange(wav.size(1), 12_000, format == SoundFormat.OggVorbis ? 12_000 : 14_400);

            // MP3 decoders differ in how much of the encoder's delay they remove.
            using var scope = NewDisposeScope();
            var middle = ByLibSndFile[format].narrow(1, 4000, 4000);
            var best = Enumerable.Range(0, (int)wav.size(1) - 4000).Min(shift => (wav.narrow(1, shift, 4000) - middle).abs().max().item<float>());
            Assert.InRange(best, 0, 1e-3);
        }
    }

    [Theory]
    [InlineData(SoundFormat.Mp3)]
    [InlineData(SoundFormat.OggVorbis)]
    public void Seeking_is_exact(SoundFormat format)
    {
        using var reader = new SoundFileReader(new MemoryStream(Files[format]));
        var all = new float[(reader.Length / sizeof(float)) + 2];
        var total = reader.Read(all.AsSpan());
        Assert.Equal(reader.Length, total * sizeof(float));
        var buffer = new float[100];
        foreach (var frame in new[] { 9000, 100, 5000, 0 })
        {
            reader.Position = frame * 8L;
            Assert.Equal(frame * 8L, reader.Position);
            Assert.Equal(100, reader.Read(buffer.AsSpan()));
            Assert.Equal(all[(frame * 2)..((frame * 2) + 100)], buffer);
        }
    }

    [Theory]
    [InlineData(SoundFormat.Mp3)]
    [InlineData(SoundFormat.OggVorbis)]
    public void Damage_gives_samples_or_a_typed_error(SoundFormat format)
    {
        var random = new Random(5);
        var file = Files[format];
        for (var i = 0; i < 300; i++)
        {
            var damaged = (byte[])file.Clone();
            for (var hit = 0; hit < 4; hit++)
            {
                damaged[random.Next(i % 2 == 0 ? 300 : damaged.Length)] = (byte)random.Next(256);
            }

            // A wrong checksum would hide the damage from the decoder.
            RepairOggChecksums(damaged);
            var error = Read(i % 5 == 0 ? damaged[..random.Next(damaged.Length)] : damaged);
            Assert.True(error is null or AudioCraftException, $"{error}");
        }
    }

    [Theory]
    [InlineData(1 << 24, 1)]
    [InlineData(1, 0xFFFF)]
    public void Vorbis_codebooks_larger_than_the_file_are_rejected(int entries, int dimensions)
    {
        var file = (byte[])Files[SoundFormat.OggVorbis].Clone();
        var book = file.AsSpan().IndexOf("BCV"u8);
        (file[book + 3], file[book + 4]) = ((byte)dimensions, (byte)(dimensions >> 8));
        (file[book + 5], file[book + 6], file[book + 7]) = ((byte)(entries - 1), (byte)((entries - 1) >> 8), (byte)((entries - 1) >> 16));
        file[book + 8] |= 1; // ordered lengths: a few bits describe all entries
        RepairOggChecksums(file);
        Assert.IsType<AudioFormatException>(Read(file));
    }

    [Fact]
    public void Vorbis_comments_larger_than_the_file_are_rejected()
    {
        foreach (var offset in new[] { 7, 11 })
        {
            var file = (byte[])Files[SoundFormat.OggVorbis].Clone();
            var comments = file.AsSpan().IndexOf("\u0003vorbis"u8);
            var vendor = BitConverter.ToInt32(file, comments + 7);
            file.AsSpan(comments + offset + (offset == 11 ? vendor : 0), 4).Fill(0x7F);
            RepairOggChecksums(file);
            Assert.IsType<AudioFormatException>(Read(file));
        }
    }

    [Fact]
    public void Vorbis_file_that_ends_before_its_last_packet_is_shortened()
    {
        var file = (byte[])Files[SoundFormat.OggVorbis].Clone();
        file.AsSpan(file.AsSpan().LastIndexOf("OggS"u8) + 6, 8).Clear();
        file[file.AsSpan().LastIndexOf("OggS"u8) + 6] = 5;
        RepairOggChecksums(file);
        using var wav = NAudioFile.Read(new MemoryStream(file)).Wav;
        Assert.Equal(5, wav.size(1));
    }

    private static Exception? Read(byte[] file)
    {
        var used = ProcessorTime.StartNew();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var error = Record.Exception(() => NAudioFile.Read(new MemoryStream(file)).Wav.Dispose());
        Assert.True(error is null or AudioCraftException, $"{error}");
        Assert.True(used.Elapsed < TimeSpan.FromSeconds(2), $"it took {used.Elapsed}");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 256 << 20);
        return error;
    }

    private static void RepairOggChecksums(byte[] file)
    {
        for (var page = 0; page + 27 < file.Length && file.AsSpan(page).StartsWith("OggS"u8);)
        {
            var segments = file.AsSpan(page + 27, Math.Min(file[page + 26], file.Length - page - 27));
            var length = 27 + segments.Length;
            foreach (var segment in segments)
            {
                length += segment;
            }

            var bytes = file.AsSpan(page, Math.Min(length, file.Length - page));
            bytes.Slice(22, 4).Clear();
            var checksum = 0u;
            foreach (var value in bytes)
            {
                checksum ^= (uint)value << 24;
                for (var bit = 0; bit < 8; bit++)
                {
                    checksum = (checksum << 1) ^ ((checksum & 0x80000000) != 0 ? 0x04C11DB7u : 0);
                }
            }

            System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(bytes[22..], checksum);
            page += bytes.Length;
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
