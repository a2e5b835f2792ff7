using AudioCraft.Formats;
using AudioCraft.Tests.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Formats;

[Collection(ProcessWideState.Name)]
public class AudioFileTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public AudioFileTests() => manual_seed(20261127);

    private const string Case = "audio_io";

    [Theory]
    [InlineData("mono_pcm16", "read", 16000, AudioSampleFormat.Pcm16)]
    [InlineData("mono_pcm16", "soundfile", 16000, AudioSampleFormat.Pcm16)]
    [InlineData("stereo_pcm24", "read", 44100, AudioSampleFormat.Pcm24)]
    [InlineData("stereo_f32", "read", 48000, AudioSampleFormat.Float32)]
    [InlineData("mono_pcm32", "read", 8000, AudioSampleFormat.Pcm32)]
    [InlineData("mono_u8", "soundfile", null, AudioSampleFormat.Pcm8)]
    [InlineData("mono_f64", "soundfile", 22050, AudioSampleFormat.Float64)]
    [InlineData("mono_ulaw", "read", 8000, AudioSampleFormat.MuLaw)]
    public void Reading_matches_ffmpeg_and_libsndfile(string name, string reader, int? sampleRate, AudioSampleFormat format)
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Tensors(Case);
        var (wav, rate) = AudioFile.Read(Golden.File(Case, $"{name}.wav"));
        Exactly.Equal(golden.Read($"{reader}/{name}"), wav);
        Assert.Equal(sampleRate ?? rate, rate);
        var info = AudioFile.Info(Golden.File(Case, $"{name}.wav"));
        Assert.Equal(new AudioFileInfo(rate, (int)wav.size(0), wav.size(1), format), info);
        Assert.Equal((double)wav.size(1) / rate, info.Duration);
    }

    public static TheoryData<string, string, int, AudioWriteOptions> Written() => new()
    {
        { "w_peak", "mono16k", 16000, new AudioWriteOptions() },
        { "w_loudness", "mono16k", 16000, new AudioWriteOptions { Normalization = AudioNormalization.Loudness, LoudnessCompressor = true } },
        { "w_clip_loud", "stereo44k_loud", 44100, new AudioWriteOptions { Normalization = AudioNormalization.Clip } },
        { "w_rms", "mono16k", 16000, new AudioWriteOptions { Normalization = AudioNormalization.Rms } },
        { "w_peak_nonorm", "mono16k", 16000, new AudioWriteOptions { Normalize = false } },
    };

    [Theory]
    [MemberData(nameof(Written))]
    public void Written_samples_match_upstream(string name, string input, int sampleRate, AudioWriteOptions options)
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Tensors(Case);
        var stream = new MemoryStream();
        AudioFile.Write(stream, golden.Read($"write_in/{input}"), sampleRate, options);
        stream.Position = 0;
        var (wav, rate) = AudioFile.Read(stream);
        Assert.Equal(sampleRate, rate);
        var difference = AudioConversion.ToPcm16(wav).to(ScalarType.Int32) - golden.Read($"write/{name}/int16").to(ScalarType.Int32);
        // A gain that differs in its last bits can change the rounding of a sample by one step.
        Assert.True(difference.abs().max().item<int>() <= (options.Normalization == AudioNormalization.Loudness ? 1 : 0));
        Assert.True(difference.count_nonzero().item<long>() <= 2);
    }

    [Fact]
    public void Tensors_with_one_and_three_dimensions_are_written()
    {
        using var scope = NewDisposeScope();
        var x = randn(50);
        byte[] Bytes(Tensor wav)
        {
            var stream = new MemoryStream();
            AudioFile.Write(stream, wav, 16000);
            return stream.ToArray();
        }

        Assert.Equal(Bytes(x), Bytes(x.unsqueeze(0)));
        Assert.Equal(Bytes(x), Bytes(x.view(1, 1, 50).to(ScalarType.Float64)));
        Assert.Equal(Bytes(x.view(2, 25)), Bytes(x.view(1, 2, 25)));
        Assert.Equal(Bytes(x.view(2, 25)), Bytes(x.view(2, 25).t().contiguous().t()));
    }

    [Theory]
    [InlineData(AudioSampleFormat.Pcm8, 1 / 128.0)]
    [InlineData(AudioSampleFormat.Pcm16, 1 / 32768.0)]
    [InlineData(AudioSampleFormat.Pcm24, 1 / 8388608.0)]
    [InlineData(AudioSampleFormat.Pcm32, 1 / 16777216.0)]
    [InlineData(AudioSampleFormat.Float32, 0)]
    [InlineData(AudioSampleFormat.Float64, 0)]
    public void Each_format_round_trips_within_half_a_step_for_one_to_eight_channels(AudioSampleFormat format, double step)
    {
        using var folder = new TemporaryFolder();
        for (var channels = 1; channels <= 8; channels++)
        {
            using var scope = NewDisposeScope();
            var path = folder.File($"{format}-{channels}.wav");
            var x = rand(channels, 333) * 1.9f - 0.95f;
            AudioFile.Write(path, x, 22050, new AudioWriteOptions { Normalization = AudioNormalization.None, Format = format });
            var (wav, rate) = AudioFile.Read(path);
            Assert.Equal(22050, rate);
            Assert.True((wav - x).abs().max().item<float>() <= step / 2);
            Assert.Equal(new AudioFileInfo(22050, channels, 333, format), AudioFile.Info(path));
        }
    }

    [Theory]
    [InlineData(AudioSampleFormat.Pcm8, 127)]
    [InlineData(AudioSampleFormat.Pcm16, 32767)]
    [InlineData(AudioSampleFormat.Pcm24, 8388607)]
    [InlineData(AudioSampleFormat.Pcm32, 2147483647)]
    public void Full_scale_scales_the_signal_instead_of_clipping(AudioSampleFormat format, int highest)
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[] { 1f, -1f, 0.5f });
        var stream = new MemoryStream();
        AudioFile.Write(stream, x, 8000, new AudioWriteOptions { Normalization = AudioNormalization.None, Format = format });
        stream.Position = 0;
        using var read = AudioFile.Read(stream).Wav;
        var full = highest + 1.0;
        Assert.Equal(highest / full, read[0, 0].item<float>(), 1e-7);
        Assert.Equal(-highest / full, read[0, 1].item<float>(), 1e-7);
        Assert.Equal(Math.Round(0.5 * highest) / full, read[0, 2].item<float>(), 1e-7);
    }

    [Fact]
    public void More_than_two_channels_or_16_bits_use_the_extensible_header()
    {
        var six = WavWriter.Header(new WavFormat(AudioSampleFormat.Pcm16, 6, 48000), 10);
        Assert.Equal(40, six[16]);
        Assert.Equal([0xFE, 0xFF, 6, 0], six[20..24]);
        Assert.Equal(0x3F, six[40]);
        Assert.Equal(0xFE, WavWriter.Header(new WavFormat(AudioSampleFormat.Pcm24, 1, 48000), 10)[20]);
        var plain = WavWriter.Header(new WavFormat(AudioSampleFormat.Pcm16, 2, 48000), 10);
        Assert.Equal(44, plain.Length);
        Assert.Equal([1, 0, 2, 0], plain[20..24]);
        Assert.Equal(3, WavWriter.Header(new WavFormat(AudioSampleFormat.Float32, 2, 48000), 10)[20]);
    }

    [Fact]
    public void More_than_4_GB_use_RF64()
    {
        var header = WavWriter.Header(new WavFormat(AudioSampleFormat.Pcm16, 2, 48000), 3_000_000_000);
        var parsed = WavHeader.Parse(new ByteSource(new OneWay(header), "it"));
        Assert.Equal(12_000_000_000, parsed.DataBytes);
        Assert.Equal(new WavFormat(AudioSampleFormat.Pcm16, 2, 48000), parsed.Format);
    }

    [Fact]
    public void Failed_write_keeps_the_existing_file_and_leaves_no_other()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var path = folder.Write("a.wav", [1, 2, 3]);
        Assert.Throws<ArgumentException>(() => AudioFile.Write(path, full(1, 10, float.NaN), 16000));
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write([9, 9]);
            throw new InvalidOperationException("half way");
        }));
        Directory.CreateDirectory(folder.File("folder.wav"));
        var error = Assert.Throws<AudioCraftException>(() => AudioFile.Write(folder.File("folder.wav"), zeros(1, 10), 16000));
        Assert.Contains("folder.wav", error.Message, StringComparison.Ordinal);
        Assert.Throws<AudioCraftException>(() => AudioFile.Write(Path.Combine(path, "below.wav"), zeros(1, 10), 16000));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
        Assert.Equal(["a.wav", "folder.wav"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Missing_directories_are_created_and_existing_files_replaced()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder.Path, "a", "b", "c.wav");
        AudioFile.Write(path, zeros(1, 10), 16000);
        AudioFile.Write(path, zeros(2, 20), 8000);
        Assert.Equal(new AudioFileInfo(8000, 2, 20, AudioSampleFormat.Pcm16), AudioFile.Info(path));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void Invalid_arguments_throw_with_the_value()
    {
        using var scope = NewDisposeScope();
        var x = rand(1, 100);
        var memory = new MemoryStream();
        Assert.Contains("[2, 3, 4]", Assert.Throws<ArgumentException>(() => AudioFile.Write(memory, zeros(2, 3, 4), 16000)).Message, StringComparison.Ordinal);
        Assert.Contains("[16000, 2]", Assert.Throws<ArgumentException>(() => AudioFile.Write(memory, zeros(16000, 2), 16000)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => AudioFile.Write(memory, zeros(0, 2), 16000));
        Assert.Throws<ArgumentException>(() => AudioFile.Write(memory, tensor(1f), 16000));
        Assert.Throws<ArgumentException>(() => AudioFile.Write(memory, zeros(1, 5, dtype: ScalarType.Int16), 16000));
        Assert.Throws<ArgumentOutOfRangeException>(() => AudioFile.Write(memory, x, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => AudioFile.Write(memory, x, -16000));
        Assert.Throws<ArgumentNullException>(() => AudioFile.Write(memory, null!, 16000));
        Assert.Throws<ArgumentNullException>(() => AudioFile.Write((Stream)null!, x, 16000));
        Assert.Throws<ArgumentException>(() => AudioFile.Write("", x, 16000));
        Assert.Throws<ArgumentNullException>(() => AudioFile.Read((string)null!));
        Assert.Throws<ArgumentException>(() => AudioFile.Write(new MemoryStream([], writable: false), x, 16000));
        Assert.Throws<ArgumentException>(() => AudioFile.Write(memory, x, 16000, new AudioWriteOptions { Format = AudioSampleFormat.ALaw }));
        Assert.Contains("sample 7", Assert.Throws<ArgumentException>(() => AudioFile.Write(memory, WithNaN(7), 16000)).Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Pcm16", Assert.Throws<ArgumentException>(() => AudioFile.Write(memory, x * 5f + 1f, 16000, new AudioWriteOptions { Normalization = AudioNormalization.None })).Message, StringComparison.Ordinal);
        Assert.Equal(0, memory.Length);
        Assert.Throws<AudioCraftException>(() => AudioFile.Read("/nowhere/at-all.wav"));
    }

    private static Tensor WithNaN(int at)
    {
        var x = zeros(1, 20);
        x[0, at] = float.NaN;
        return x;
    }

    [Fact]
    public void Only_results_remain_in_native_memory()
    {
        using var x = rand(2, 1000);
        var stream = new MemoryStream();
        LiveTensors.NoneLeft(() =>
        {
            AudioFile.Write(stream, x, 16000, new AudioWriteOptions { Normalization = AudioNormalization.Loudness });
            Assert.Throws<ArgumentException>(() => AudioFile.Write(stream, x, 16000, new AudioWriteOptions { PeakClipHeadroomDb = -6 }));
        });
        stream.Position = 0;
        LiveTensors.Left(1, () => AudioFile.Read(stream));
        stream.Position = 0;
        LiveTensors.NoneLeft(() => AudioFile.Info(stream));
    }
}
