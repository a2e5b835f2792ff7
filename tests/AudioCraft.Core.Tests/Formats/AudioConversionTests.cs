using AudioCraft.Audio;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Formats;

[Collection(ProcessWideState.Name)]
public class AudioConversionTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public AudioConversionTests() => manual_seed(20261127);

    private const string Case = "audio_utils";

    public static TheoryData<string, int, int, int> Conversions()
    {
        using var config = Golden.Config(Case);
        var data = new TheoryData<string, int, int, int>();
        foreach (var item in config.RootElement.GetProperty("convert").EnumerateArray().Where(item => item.TryGetProperty("to_channels", out _)))
        {
            data.Add(item.GetProperty("name").GetString()!, item.GetProperty("from_rate").GetInt32(), item.GetProperty("to_rate").GetInt32(), item.GetProperty("to_channels").GetInt32());
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Conversions))]
    public void Conversion_of_rates_and_channels_matches_upstream(string name, int fromRate, int toRate, int channels)
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Tensors(Case);
        var actual = AudioConversion.Convert(golden.Read($"{name}/x"), fromRate, toRate, channels, DownmixMode.Upstream);
        Near.Equal(golden.Read($"{name}/y"), actual, relativeToMax: 1e-6);
    }

    [Theory]
    [InlineData("kernel1", 24000, 32000)]
    [InlineData("kernel2", 2, 1)]
    [InlineData("kernel3", 1, 2)]
    [InlineData("kernel4", 3, 5)]
    public void Resampling_kernels_match_julius(string name, int fromRate, int toRate)
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Tensors(Case);
        var expected = golden.Read($"{name}/kernel");
        Near.Equal(expected, tensor(new Resampler(fromRate, toRate).MakeKernels(), expected.shape), relativeToMax: 3e-7);
    }

    [Fact]
    public void Output_length_is_floor_ceiling_or_as_requested()
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Tensors(Case);
        var x = golden.Read("resample/x");
        Near.Equal(golden.Read("resample/default"), AudioConversion.Resample(x, 3, 2), 1e-6);
        Near.Equal(golden.Read("resample/full"), AudioConversion.Resample(x, 3, 2, full: true), 1e-6);
        Near.Equal(golden.Read("resample/out_len40"), AudioConversion.Resample(x, 3, 2, outputLength: 40), 1e-6);
        Assert.Throws<ArgumentOutOfRangeException>(() => AudioConversion.Resample(x, 3, 2, outputLength: 68));
        Assert.Throws<ArgumentOutOfRangeException>(() => AudioConversion.Resample(x, 3, 2, outputLength: -1));
        Assert.Throws<ArgumentException>(() => AudioConversion.Resample(x, 3, 2, outputLength: 40, full: true));
    }

    [Fact]
    public void Length_above_2_to_the_24_is_rounded_to_float32_as_in_julius()
    {
        Assert.Equal(25165826, new Resampler(2, 3).DefaultLength(16777217)); // 25165825.5 in exact arithmetic
        Assert.Equal(1501, new Resampler(2, 3).DefaultLength(1001));
    }

    [Theory]
    [InlineData(44100, 44099)]
    [InlineData(44099, 44100)]
    [InlineData(16001, 44100)]
    [InlineData(48000, 16001)]
    public void Coprime_rates_keep_a_tone(int fromRate, int toRate)
    {
        using var scope = NewDisposeScope();
        const double Hertz = 440;
        var x = (arange(fromRate / 4, dtype: ScalarType.Float64) * (2 * Math.PI * Hertz / fromRate)).sin().to(ScalarType.Float32).unsqueeze(0);
        var y = AudioConversion.Resample(x, fromRate, toRate);
        var expected = (arange(y.size(1), dtype: ScalarType.Float64) * (2 * Math.PI * Hertz / toRate)).sin().to(ScalarType.Float32).unsqueeze(0);
        // The ends depend on the repeated first and last samples, and the pass band of the filter is not completely flat.
        var margin = 200;
        Near.Equal(expected.narrow(1, margin, y.size(1) - 2 * margin), y.narrow(1, margin, y.size(1) - 2 * margin), relativeToMax: 2e-3);
    }

    [Fact]
    public void Both_resampling_algorithms_agree()
    {
        using var scope = NewDisposeScope();
        var x = randn(2, 3000);
        var resampler = new Resampler(44100, 16000);
        var length = resampler.FullLength(3000);
        Near.Equal(resampler.TapByTap(x, length), resampler.Run(x, length), relativeToMax: 2e-5);
    }

    [Fact]
    public void Resampling_a_constant_returns_the_constant()
    {
        using var scope = NewDisposeScope();
        Near.Equal(full(1, 800, 0.25f), AudioConversion.Resample(full(1, 2205, 0.25f), 44100, 16000), 1e-6);
        Near.Equal(full(1, 2204, 0.25f), AudioConversion.Resample(full(1, 2205, 0.25f), 44100, 44099), 1e-6);
    }

    [Fact]
    public void Other_float_types_are_kept()
    {
        using var scope = NewDisposeScope();
        var x = randn(1, 2, 300);
        foreach (var type in new[] { ScalarType.Float64, ScalarType.Float16, ScalarType.BFloat16 })
        {
            foreach (var (from, to) in new[] { (3, 2), (44100, 44099), (5, 5) })
            {
                var y = AudioConversion.Convert(x.to(type), from, to, 1);
                Assert.Equal(type, y.dtype);
                Near.Equal(AudioConversion.Convert(x, from, to, 1), y, relativeToMax: 1e-2);
            }
        }
    }

    [Fact]
    public void Results_do_not_share_memory_with_the_input()
    {
        using var scope = NewDisposeScope();
        var x = ones(1, 1, 10);
        foreach (var y in new[] { AudioConversion.Convert(x, 16000, 16000, 1), AudioConversion.ConvertChannels(x, 2), AudioConversion.Resample(x, 8000, 8000), AudioConversion.ToFloat(x) })
        {
            y.fill_(7);
        }

        Assert.Equal(10, x.sum().item<float>());
    }

    [Fact]
    public void Empty_audio_stays_empty()
    {
        using var scope = NewDisposeScope();
        Assert.Equal([2, 1, 0], AudioConversion.Convert(zeros(2, 2, 0), 44100, 16000, 1).shape);
        Assert.Equal([0, 1, 5], AudioConversion.Convert(zeros(0, 2, 10), 2, 1, 1).shape);
    }

    [Fact]
    public void Invalid_conversions_throw_ArgumentException_with_the_values()
    {
        using var scope = NewDisposeScope();
        var stereo = zeros(2, 100);
        Assert.Contains("[2, 100]", Assert.Throws<ArgumentException>(() => AudioConversion.ConvertChannels(stereo, 3)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => AudioConversion.ConvertChannels(stereo, 0));
        Assert.Throws<ArgumentException>(() => AudioConversion.ConvertChannels(zeros(100), 1));
        Assert.Throws<ArgumentException>(() => AudioConversion.ConvertChannels(zeros(0, 100), 1));
        Assert.Throws<ArgumentNullException>(() => AudioConversion.ConvertChannels(null!, 1));
        Assert.Throws<ArgumentException>(() => AudioConversion.Resample(tensor(1f), 2, 1));
        Assert.Throws<ArgumentException>(() => AudioConversion.Resample(zeros(10, dtype: ScalarType.Int16), 2, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => AudioConversion.Resample(stereo, 0, 16000));
        Assert.Throws<ArgumentOutOfRangeException>(() => AudioConversion.Resample(stereo, 16000, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => AudioConversion.Resample(stereo, 16000, int.MaxValue));
        Assert.Contains("1000", Assert.Throws<ArgumentOutOfRangeException>(() => AudioConversion.Resample(stereo, 1_000_000, 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pcm_conversion_matches_upstream()
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Tensors(Case);
        Exactly.Equal(golden.Read("pcm/i16_clipping"), AudioConversion.ToPcm16(golden.Read("pcm/f32_clipping")));
        Exactly.Equal(golden.Read("pcm/i16_noclip"), AudioConversion.ToPcm16(golden.Read("pcm/f32_noclip")));
        Exactly.Equal(golden.Read("pcm/f32_from_i16"), AudioConversion.ToFloat(golden.Read("pcm/i16")));
        Exactly.Equal(golden.Read("pcm/f32_from_i32"), AudioConversion.ToFloat(golden.Read("pcm/i32")));
        Exactly.Equal(tensor(new[] { -1f, 0, 127 / 128f }), AudioConversion.ToFloat(tensor(new byte[] { 0, 128, 255 })));
        Assert.Contains("1.5", Assert.Throws<ArgumentException>(() => AudioConversion.ToPcm16(tensor(new[] { 1.5f }))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => AudioConversion.ToPcm16(tensor(new[] { 0, float.NaN })));
        Assert.Throws<ArgumentException>(() => AudioConversion.ToFloat(tensor(new[] { 1L })));
    }

    [Fact]
    public void Only_results_remain_in_native_memory()
    {
        using var x = randn(1, 2, 2205);
        using var pcm = ones(5, dtype: ScalarType.Int16);
        LiveTensors.NoneLeft(() =>
        {
            AudioConversion.Convert(x, 44100, 16000, 1).Dispose();
            AudioConversion.Convert(x, 44100, 44099, 1).Dispose();
            AudioConversion.Convert(x, 44100, 44100, 2).Dispose();
            AudioConversion.ToFloat(pcm).Dispose();
            using (var samples = AudioConversion.ToFloat(pcm))
            {
                AudioConversion.ToPcm16(samples).Dispose();
            }

            Assert.Throws<ArgumentException>(() => AudioConversion.Convert(x, 44100, 16000, 3));
        });
        LiveTensors.Left(1, () => AudioConversion.Convert(x, 44100, 16000, 1));
    }

    [Fact]
    public void Resampling_is_thread_safe()
    {
        using var x = randn(1, 2205);
        using var expected = AudioConversion.Resample(x, 44100, 16000);
        Parallel.For(0, 64, i =>
        {
            using var other = AudioConversion.Resample(x, 44100, 16000 + i % 20 * 1000);
            using var same = AudioConversion.Resample(x, 44100, 16000);
            Exactly.Equal(expected, same);
        });
    }
}
