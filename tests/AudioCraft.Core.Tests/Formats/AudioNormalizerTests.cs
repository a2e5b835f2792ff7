using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Formats;

[Collection(ProcessWideState.Name)]
public class AudioNormalizerTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public AudioNormalizerTests() => manual_seed(20261127);

    private const string Case = "audio_utils";

    public static TheoryData<string, string, AudioWriteOptions, int> Strategies()
    {
        using var config = Golden.Config(Case);
        var data = new TheoryData<string, string, AudioWriteOptions, int>();
        foreach (var item in config.RootElement.GetProperty("normalize").EnumerateArray())
        {
            var options = new AudioWriteOptions
            {
                Normalization = Enum.Parse<AudioNormalization>(item.GetProperty("strategy").GetString()!, ignoreCase: true),
                Normalize = item.GetProperty("normalize").GetBoolean(),
                LoudnessCompressor = item.GetProperty("loudness_compressor").GetBoolean(),
            };
            data.Add(item.GetProperty("name").GetString()!, item.GetProperty("input").GetString()!, options, item.GetProperty("sample_rate").GetInt32());
        }

        data.Add("norm/headroom_peak3", "h", new AudioWriteOptions { PeakClipHeadroomDb = 3 }, 8000);
        data.Add("norm/headroom_rms24", "h", new AudioWriteOptions { Normalization = AudioNormalization.Rms, RmsHeadroomDb = 24 }, 8000);
        data.Add("norm/loudness_headroom10", "h", new AudioWriteOptions { Normalization = AudioNormalization.Loudness, LoudnessHeadroomDb = 10 }, 8000);
        data.Add("norm/loudness_9k", "h", new AudioWriteOptions { Normalization = AudioNormalization.Loudness }, 9000);
        return data;
    }

    [Theory]
    [MemberData(nameof(Strategies))]
    public void Normalization_matches_upstream(string name, string input, AudioWriteOptions options, int sampleRate)
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Tensors(Case);
        // Upstream computes the loudness in float32 decibels, which changes the gain by a few 1e-6.
        var tolerance = options.Normalization == AudioNormalization.Loudness ? 4e-6 : 3e-7;
        Near.Equal(golden.Read(name), AudioNormalizer.Normalize(golden.Read($"norm_in/{input}"), sampleRate, options), tolerance);
    }

    [Theory]
    [InlineData("8k_stereo", 8000, 2)]
    [InlineData("9k_stereo", 9000, 2)]
    [InlineData("8k_mono", 8000, 1)]
    [InlineData("6k_mono", 6000, 1)]
    public void Loudness_matches_torchaudio(string name, int sampleRate, int channels)
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Tensors(Case);
        var expected = golden.Read($"loudness_db/{name}").item<float>();
        Assert.Equal(expected, AudioNormalizer.Loudness(golden.Read("norm_in/h").narrow(0, 0, channels), sampleRate), 1e-5);
    }

    [Theory]
    [InlineData(AudioNormalization.Peak)]
    [InlineData(AudioNormalization.Clip)]
    [InlineData(AudioNormalization.Rms)]
    [InlineData(AudioNormalization.Loudness)]
    [InlineData(AudioNormalization.None)]
    public void Silence_stays_silent_and_clips_of_any_length_stay_finite(AudioNormalization strategy)
    {
        using var scope = NewDisposeScope();
        var options = new AudioWriteOptions { Normalization = strategy };
        Assert.Equal([2, 0], AudioNormalizer.Normalize(zeros(2, 0), 16000, options).shape);
        foreach (var length in new[] { 1, 100, 6400, 20000 })
        {
            Exactly.Equal(zeros(2, length), AudioNormalizer.Normalize(zeros(2, length), 16000, options));
            foreach (var level in new[] { 1e-40, 1e-20, 1e-3, 0.1, 0.9 })
            {
                var result = AudioNormalizer.Normalize(full(2, length, (float)level), 16000, options);
                Assert.True(result.isfinite().all().item<bool>());
                Assert.Equal([2, length], result.shape);
            }
        }
    }

    [Fact]
    public void Short_clips_reach_the_requested_loudness()
    {
        using var scope = NewDisposeScope();
        var short_ = (arange(1600, dtype: ScalarType.Float32) * 0.3f).sin() * 0.05f;
        Assert.Equal(-14, AudioNormalizer.Loudness(AudioNormalizer.Normalize(short_, 16000, new AudioWriteOptions { Normalization = AudioNormalization.Loudness }), 16000), 0.1);
    }

    [Fact]
    public void Calibration_tone_of_997_Hz_measures_minus_3_01()
    {
        using var scope = NewDisposeScope();
        // The calibration in the standard. torchaudio's shelf filter differs by 0.04 dB at this frequency.
        var tone = (arange(48000 * 2, dtype: ScalarType.Float64) * (2 * Math.PI * 997 / 48000)).sin().to(ScalarType.Float32);
        Assert.Equal(-3.01, AudioNormalizer.Loudness(tone * 0.5f, 48000) + 6.0206, 0.05);
        // In 5.1, the LFE channel has weight 0 and the surround channels have weight 1.41.
        Assert.Equal(double.NegativeInfinity, AudioNormalizer.Loudness(OnlyIn(3, 6, tone), 48000));
        Assert.Equal(-3.01 + 1.49, AudioNormalizer.Loudness(OnlyIn(5, 6, tone * 0.5f), 48000) + 6.0206, 0.05);
    }

    private static Tensor OnlyIn(int channel, int channels, Tensor mono)
    {
        var wav = zeros(channels, mono.size(0));
        wav.select(0, channel).copy_(mono);
        return wav;
    }

    [Fact]
    public void Audio_below_the_gate_measures_negative_infinity()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(double.NegativeInfinity, AudioNormalizer.Loudness(zeros(1, 16000), 16000));
        Assert.Equal(double.NegativeInfinity, AudioNormalizer.Loudness(zeros(1, 0), 16000));
    }

    [Fact]
    public void Input_is_neither_changed_nor_shared()
    {
        using var scope = NewDisposeScope();
        var x = randn(2, 8000);
        var copy = x.clone();
        foreach (var strategy in Enum.GetValues<AudioNormalization>())
        {
            AudioNormalizer.Normalize(x, 16000, new AudioWriteOptions { Normalization = strategy }).fill_(7);
        }

        Exactly.Equal(copy, x);
    }

    [Fact]
    public void Values_out_of_range_throw_ArgumentException()
    {
        using var scope = NewDisposeScope();
        var x = ones(1, 100);
        var loudness = new AudioWriteOptions { Normalization = AudioNormalization.Loudness };
        Assert.Throws<ArgumentException>(() => AudioNormalizer.Normalize(x, 16000, new AudioWriteOptions { PeakClipHeadroomDb = double.NaN }));
        Assert.Throws<ArgumentException>(() => AudioNormalizer.Normalize(x, 16000, new AudioWriteOptions { RmsHeadroomDb = 1e9 }));
        Assert.Throws<ArgumentException>(() => AudioNormalizer.Normalize(x, 16000, new AudioWriteOptions { Normalization = (AudioNormalization)9 }));
        Assert.Contains("3000", Assert.Throws<ArgumentOutOfRangeException>(() => AudioNormalizer.Normalize(x, 3000, loudness)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => AudioNormalizer.Loudness(x, 0));
        Assert.Throws<ArgumentNullException>(() => AudioNormalizer.Normalize(null!, 16000));
    }

    [Fact]
    public void Only_results_remain_in_native_memory()
    {
        using var x = randn(2, 8000);
        foreach (var strategy in Enum.GetValues<AudioNormalization>())
        {
            LiveTensors.Left(1, () => AudioNormalizer.Normalize(x, 16000, new AudioWriteOptions { Normalization = strategy }));
        }

        LiveTensors.NoneLeft(() => AudioNormalizer.Loudness(x, 16000));
    }
}
