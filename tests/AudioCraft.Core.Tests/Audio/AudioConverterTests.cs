using AudioCraft.Audio;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Audio;

[Collection(ProcessWideState.Name)]
public class AudioConverterTests
{
    public AudioConverterTests() => manual_seed(20261127);

    [Theory]
    [InlineData(44100, 2, 16000, 1, 5000)]
    [InlineData(16000, 1, 44100, 2, 3000)]
    [InlineData(48000, 6, 32000, 2, 4001)]
    [InlineData(44100, 1, 44099, 1, 100_000)]
    [InlineData(44099, 1, 44100, 1, 50_000)]
    [InlineData(24000, 1, 24000, 1, 777)]
    [InlineData(48000, 1, 16000, 1, 1)]
    [InlineData(48000, 1, 16000, 1, 0)]
    public void Chunks_equal_the_conversion_of_the_complete_audio(int fromRate, int fromChannels, int toRate, int toChannels, int length)
    {
        foreach (var size in new[] { 333, 40_000 })
        {
            using var scope = NewDisposeScope();
            var wav = rand(fromChannels, length) - 0.5f;
            using var converter = new AudioConverter(fromRate, fromChannels, toRate, toChannels);
            var parts = new List<Tensor>();
            for (var start = 0; start < length; start += size)
            {
                parts.Add(converter.Convert(wav.narrow(1, start, Math.Min(size, length - start))));
            }

            parts.Add(converter.Complete());
            Near.Equal(AudioConversion.Convert(wav, fromRate, toRate, toChannels), cat(parts, 1), 2e-5);
            Assert.Throws<InvalidOperationException>(() => converter.Convert(wav));
            Assert.Throws<InvalidOperationException>(converter.Complete);
        }
    }

    [Theory]
    [InlineData(16000, 16000, 100)]
    [InlineData(16000, 16000, 0)]
    [InlineData(16000, 44100, 0)]
    [InlineData(16000, 44100, 100)]
    [InlineData(16000, 8000, 1)]
    public void End_of_the_audio_has_the_type_of_the_chunks(int fromRate, int toRate, int length)
    {
        foreach (var type in new[] { ScalarType.Float64, ScalarType.BFloat16 })
        {
            using var scope = NewDisposeScope();
            using var converter = new AudioConverter(fromRate, 2, toRate, 1);
            Assert.Equal(type, converter.Convert(zeros(2, length, dtype: type)).dtype);
            Assert.Equal(type, converter.Convert(zeros(2, 0, dtype: type)).dtype);
            var end = converter.Complete();
            Assert.Equal((type, 1), (end.dtype, end.size(0)));
        }
    }

    [Fact]
    public void Samples_after_an_empty_first_chunk_are_converted()
    {
        using var scope = NewDisposeScope();
        using var converter = new AudioConverter(16000, 1, 44100, 1);
        var wav = rand(1, 2000);
        var parts = new[] { converter.Convert(zeros(1, 0)), converter.Convert(wav), converter.Convert(zeros(1, 0)), converter.Complete() };
        Near.Equal(AudioConversion.Convert(wav, 16000, 44100, 1), cat(parts, 1), 2e-5);
    }

    [Fact]
    public void Long_audio_is_resampled_in_blocks_with_the_same_result()
    {
        using var scope = NewDisposeScope();
        var wav = (arange(9_000_000, dtype: ScalarType.Float32) * 0.01f).sin().unsqueeze(0);
        var whole = AudioConversion.Resample(wav, 48000, 16000);
        Assert.Equal([1, 3_000_000], whole.shape);
        foreach (var start in new long[] { 0, 4_194_000, 8_388_000, 8_900_001 })
        {
            var part = wav.narrow(1, start / 3 * 3, Math.Min(3000, 9_000_000 - start / 3 * 3));
            var expected = AudioConversion.Resample(part, 48000, 16000).narrow(1, 100, part.size(1) / 3 - 200);
            Near.Equal(expected, whole.narrow(1, start / 3 + 100, expected.size(1)), 1e-5);
        }
    }

    [Fact]
    public void Conversion_leaves_only_results_in_native_memory()
    {
        using var wav = rand(6, 20_000);
        LiveTensors.NoneLeft(() =>
        {
            using var converter = new AudioConverter(48000, 6, 16000, 1);
            converter.Convert(wav).Dispose();
            converter.Convert(wav).Dispose();
            converter.Complete().Dispose();
        });
        LiveTensors.NoneLeft(() =>
        {
            using var converter = new AudioConverter(48000, 6, 16000, 1);
            converter.Convert(wav).Dispose();
            using var mono = wav[0];
            Assert.Throws<ArgumentException>(() => converter.Convert(mono));
        });
        LiveTensors.Left(1, () =>
        {
            using var buffer = new WaveformBuffer(6);
            buffer.Append(wav);
            buffer.Append(new float[12]);
            Assert.Equal(20_002, buffer.Frames);
            _ = buffer.ToTensor();
        });
    }

    [Fact]
    public void Invalid_arguments_are_rejected()
    {
        Assert.Throws<ArgumentException>(() => new AudioConverter(48000, 2, 48000, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AudioConverter(0, 2, 48000, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AudioConverter(1_000_000, 2, 1, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AudioConverter(48000, 65, 48000, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AudioReadOptions { MaxSamples = 0 }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => AudioFile.Read(new MemoryStream(), new AudioReadOptions { Channels = 0 }));
    }
}
