using AudioCraft.Audio;
using AudioCraft.Tests.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Audio;

public class ChannelMixerTests
{
    private const float C = 0.70710678f;

    [Theory]
    [InlineData(2, 1, new[] { 0.5f, 0.5f })]
    [InlineData(3, 1, new[] { C, C, 1 })]
    [InlineData(4, 1, new[] { C, C, 0.5f, 0.5f })]
    [InlineData(5, 1, new[] { C, C, 1, 0.5f, 0.5f })]
    [InlineData(6, 1, new[] { C, C, 1, 0, 0.5f, 0.5f })]
    [InlineData(8, 1, new[] { C, C, 1, 0, 0.5f, 0.5f, 0.5f, 0.5f })]
    [InlineData(3, 2, new[] { 1, 0, C, 0, 1, C })]
    [InlineData(4, 2, new[] { 1, 0, C, 0, 0, 1, 0, C })]
    [InlineData(6, 2, new[] { 1, 0, C, 0, C, 0, 0, 1, C, 0, 0, C })]
    public void Coefficients_are_those_of_BS_775_scaled_to_a_sum_of_1(int sources, int channels, float[] expected)
    {
        var largest = Enumerable.Range(0, channels).Max(row => expected.Skip(row * sources).Take(sources).Sum());
        var actual = ChannelMixer.Matrix(sources, channels, ChannelMask.None);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First / largest, pair.Second, 1e-6f));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(12)]
    public void Content_of_every_full_range_channel_is_kept(int channels)
    {
        for (var target = 1; target <= 2; target++)
        {
            for (var channel = 0; channel < channels; channel++)
            {
                var isLowFrequency = channels is 6 or 7 or 8 && channel == 3;
                using var wav = zeros(1, channels, 10);
                wav[0, channel] = ones(10);
                using var mixed = AudioConversion.ConvertChannels(wav, target);
                Assert.Equal([1, target, 10], mixed.shape);
                Assert.Equal(isLowFrequency, mixed.abs().max().item<float>() == 0);
                Assert.InRange(mixed.abs().max().item<float>(), 0, 1);
            }
        }
    }

    [Fact]
    public void Positions_of_the_mask_are_used()
    {
        // L R C and a single surround: quad without a mask would put the third channel to the left only.
        var layout = ChannelMask.FrontLeft | ChannelMask.FrontRight | ChannelMask.FrontCenter | ChannelMask.BackCenter;
        var matrix = ChannelMixer.Matrix(4, 2, layout);
        Assert.Equal(matrix[2], matrix[6]);
        Assert.Equal(matrix[3], matrix[7]);
        Assert.Equal(0.5f / C, matrix[3] / matrix[2], 1e-5f);
        Assert.Equal([0.5f, 0.5f], ChannelMixer.Matrix(2, 1, ChannelMask.BackLeft | ChannelMask.BackRight));
        Assert.Equal([1f, 0f], ChannelMixer.Matrix(2, 1, ChannelMask.FrontCenter | ChannelMask.LowFrequency));
    }

    [Fact]
    public void Upstream_takes_the_mean_or_the_first_channels()
    {
        using var scope = NewDisposeScope();
        var wav = arange(6, dtype: ScalarType.Float32).unsqueeze(1).expand(6, 4);
        Assert.Equal(2.5f, AudioConversion.ConvertChannels(wav, 1, DownmixMode.Upstream)[0, 0].item<float>());
        var two = AudioConversion.ConvertChannels(wav, 2, DownmixMode.Upstream);
        Assert.Equal((0f, 1f), (two[0, 0].item<float>(), two[1, 3].item<float>()));
        Assert.Throws<ArgumentOutOfRangeException>(() => AudioConversion.ConvertChannels(wav, 1, (DownmixMode)5));
    }

    [Fact]
    public void Mask_of_a_wav_file_is_read_and_used()
    {
        var format = new AudioCraft.Formats.WavFormat(AudioSampleFormat.Float32, 4, 8000);
        var header = AudioCraft.Formats.WavWriter.Header(format, 1);
        BitConverter.GetBytes(0x107u).CopyTo(header, header.AsSpan().IndexOf("fmt "u8) + 28);
        byte[] file = [.. header, .. new float[] { 0, 0, 0, 1 }.SelectMany(BitConverter.GetBytes)];
        Assert.Equal((ChannelMask)0x107, AudioFile.Info(new MemoryStream(file)).Layout);
        using var wav = AudioFile.Read(new OneWay(file), new AudioReadOptions { Channels = 2 }).Wav;
        Assert.Equal(wav[0, 0].item<float>(), wav[1, 0].item<float>());
        Assert.InRange(wav[0, 0].item<float>(), 0.1f, 0.5f);
    }
}
