using AudioCraft.Tests;
using AudioCraft.Tests.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.NAudio.Tests;

public class NAudioFileTests
{
    private static readonly AudioWriteOptions AsItIs = new() { Normalization = AudioNormalization.None };

    /// <summary>Half a second of two tones, different in each channel.</summary>
    internal static Tensor Tones(int channels, int rate = 24000)
    {
        using var scope = NewDisposeScope();
        var time = arange(rate / 2, dtype: ScalarType.Float32) / rate;
        var rows = Enumerable.Range(0, channels).Select(c => ((time * (440f * (c + 1) * 2 * MathF.PI)).sin() * 0.4f) + ((time * (1000f * 2 * MathF.PI)).sin() * 0.2f));
        return stack(rows.ToArray()).MoveToOuterDisposeScope();
    }

    [Theory]
    [InlineData("a.wav", AudioSampleFormat.Pcm16, 1 / 32767.0)]
    [InlineData("a.wav", AudioSampleFormat.Float32, 0.0)]
    [InlineData("a.aiff", AudioSampleFormat.Pcm8, 1 / 100.0)]
    [InlineData("a.aif", AudioSampleFormat.Pcm16, 1 / 32000.0)]
    [InlineData("a.aiff", AudioSampleFormat.Pcm24, 1e-6)]
    [InlineData("a.aiff", AudioSampleFormat.Pcm32, 1e-7)]
    [InlineData("a.aiff", AudioSampleFormat.Float32, 0.0)]
    [InlineData("a.aiff", AudioSampleFormat.Float64, 0.0)]
    [InlineData("a.flac", AudioSampleFormat.Pcm8, 1 / 100.0)]
    [InlineData("a.flac", AudioSampleFormat.Pcm16, 1 / 32000.0)]
    [InlineData("folder/a.FLAC", AudioSampleFormat.Pcm24, 1e-6)]
    public void Lossless_formats_round_trip_within_the_resolution(string name, AudioSampleFormat format, double tolerance)
    {
        using var folder = new TemporaryFolder();
        for (var channels = 1; channels <= 2; channels++)
        {
            using var wav = Tones(channels);
            NAudioFile.Write(folder.File(name), wav, 24000, AsItIs with { Format = format });
            var (back, rate) = NAudioFile.Read(folder.File(name));
            using (back)
            {
                Assert.Equal(24000, rate);
                Assert.Equal(wav.shape, back.shape);
                Assert.InRange((wav - back).abs().max().item<float>(), 0, tolerance);
            }
        }
    }

    [Theory]
    [InlineData("a.ogg", 2, 0.08)]
    [InlineData("a.opus", 1, 0.08)]
    [InlineData("a.opus", 2, 0.08)]
    [InlineData("a.mp3", 1, 0.08)]
    [InlineData("a.mp3", 2, 0.08)]
    public void Lossy_formats_keep_the_length_and_approximately_the_audio(string name, int channels, double error)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var wav = Tones(channels);
        NAudioFile.Write(folder.File(name), wav, 24000, AsItIs, quality: 0.5);
        var (back, rate) = NAudioFile.Read(folder.File(name));

        Assert.Equal(24000, rate);
        Assert.Equal(channels, back.size(0));
        Assert.InRange(back.size(1), 12000, 12000 + 2400);

        // The encoder's delay, which the format does not store, shifts the audio.
        var best = Enumerable.Range(0, (int)(back.size(1) - 12000) + 1)
            .Min(shift => (back.narrow(1, shift, 12000) - wav).narrow(1, 1200, 9600).pow(2).mean().sqrt().item<float>());
        Assert.InRange(best, 0, error);
        Assert.True(new FileInfo(folder.File(name)).Length < 12000 * channels, "it is no smaller than 8 bits a sample");
    }

    [Fact]
    public void Streams_are_read_from_their_position_and_stay_open()
    {
        using var wav = Tones(1);
        using var stream = new MemoryStream();
        stream.Write([1, 2, 3]);
        NAudioFile.Write(stream, SoundFormat.Flac, wav, 24000);
        stream.Position = 3;
        using var back = NAudioFile.Read(stream).Wav;

        Assert.Equal(wav.shape, back.shape);
        Assert.Equal(stream.Length, stream.Position);
    }

    [Fact]
    public void Unsupported_options_are_rejected_before_writing()
    {
        using var folder = new TemporaryFolder();
        using var wav = Tones(1);
        using var loud = wav * 3;
        Assert.Throws<ArgumentException>(() => NAudioFile.Write(folder.File("a.xyz"), wav, 24000));
        Assert.Throws<ArgumentException>(() => NAudioFile.Write(folder.File("a.opus"), wav, 44100));
        Assert.Throws<ArgumentException>(() => NAudioFile.Write(folder.File("a.mp3"), wav, 23999));
        Assert.Throws<ArgumentException>(() => NAudioFile.Write(folder.File("a.flac"), wav, 24000, new AudioWriteOptions { Format = AudioSampleFormat.Float32 }));
        Assert.Throws<ArgumentException>(() => NAudioFile.Write(folder.File("a.flac"), wav, 24000, quality: 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => NAudioFile.Write(folder.File("a.ogg"), wav, 24000, quality: 1.5));
        Assert.Throws<ArgumentException>(() => NAudioFile.Write(folder.File("a.ogg"), loud, 24000, AsItIs));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Reading_and_writing_leave_only_the_result_in_native_memory()
    {
        using var folder = new TemporaryFolder();
        using var wav = Tones(2);
        LiveTensors.NoneLeft(() => NAudioFile.Write(folder.File("a.flac"), wav, 24000));
        LiveTensors.Left(1, () => _ = NAudioFile.Read(folder.File("a.flac")).Wav.shape);
    }
}
