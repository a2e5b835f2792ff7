using AudioCraft.Audio;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// Normalizes the level of a signal, as <c>normalize_audio</c> in upstream's data/audio_utils.py. Where upstream returns NaN or fails, the result is finite:
/// silence stays silence, a clip shorter than the 0.4 s of a loudness block is measured as one block, and more than five channels are weighted according to BS.1770-4.
/// </summary>
public static class AudioNormalizer
{
    /// <summary>Signals with a root mean square below this are unchanged by loudness normalization: they are noise.</summary>
    private const float EnergyFloor = 2e-3f;

    /// <summary>Normalizes a signal to the level of the options.</summary>
    /// <param name="wav">[T], [C, T] or [1, C, T] of any float type on any device, 1 to 64 channels, finite. It is not changed.</param>
    /// <param name="sampleRate">In hertz, 1 to 1,000,000; above 3000 for <see cref="AudioNormalization.Loudness"/>.</param>
    /// <param name="options">The normalization and its values; upstream's defaults where null.</param>
    /// <returns>[C, T] float32 on the CPU, which the caller owns. Within ±1 unless the normalization is <see cref="AudioNormalization.None"/> or a headroom is negative.</returns>
    /// <exception cref="ArgumentException">The audio has another shape or type, a sample is NaN or infinite, or a value is out of range.</exception>
    public static Tensor Normalize(Tensor wav, int sampleRate, AudioWriteOptions? options = null)
    {
        options ??= new AudioWriteOptions();
        options.Validate(nameof(options));
        Waveform.RequireSampleRate(sampleRate, nameof(sampleRate));
        if (options.Normalization == AudioNormalization.Loudness)
        {
            RequireLoudnessRate(sampleRate);
        }

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var plain = Waveform.ToChannelsTime(wav, nameof(wav));
        var peakScale = Math.Pow(10, -options.PeakClipHeadroomDb / 20);
        var result = options.Normalization switch
        {
            _ when plain.numel() == 0 => plain,
            AudioNormalization.Peak => Scaled(plain, Peak(plain), peakScale, options.Normalize),
            AudioNormalization.Clip => Clamped(plain, peakScale),
            AudioNormalization.Rms => Scaled(plain, MonoRms(plain), Math.Pow(10, -options.RmsHeadroomDb / 20), options.Normalize).clamp(Scalars.MinusOne, Scalars.One),
            AudioNormalization.Loudness => ToLoudness(plain, sampleRate, options).clamp(Scalars.MinusOne, Scalars.One),
            _ => plain,
        };

        // An unchanged tensor may still share the caller's memory.
        return (ReferenceEquals(result, plain) ? plain.clone() : result).MoveToOuterDisposeScope();
    }

    /// <summary>Integrated loudness of ITU-R BS.1770-4, equal to torchaudio's <c>Loudness</c>.</summary>
    /// <param name="wav">[T], [C, T] or [1, C, T] of any float type on any device, 1 to 64 channels, finite.</param>
    /// <param name="sampleRate">In hertz, 3001 to 1,000,000.</param>
    /// <returns>LKFS; −∞ where nothing is above the gate of −70, as in silence.</returns>
    /// <exception cref="ArgumentException">The audio has another shape or type, a sample is NaN or infinite, or the rate is out of range.</exception>
    public static double Loudness(Tensor wav, int sampleRate)
    {
        Waveform.RequireSampleRate(sampleRate, nameof(sampleRate));
        RequireLoudnessRate(sampleRate);
        using var plain = Waveform.ToChannelsTime(wav, nameof(wav));
        return LoudnessMeter.Measure(plain, sampleRate);
    }

    /// <summary>The largest magnitude of a float32 tensor of any shape; 0 if it is empty.</summary>
    public static float Peak(Tensor wav)
    {
        if (wav.numel() == 0)
        {
            return 0;
        }

        using var magnitude = wav.abs();
        using var peak = magnitude.max();
        return peak.item<float>();
    }

    private static float MonoRms(Tensor wav)
    {
        using var scope = NewDisposeScope();
        return Rms(wav.mean([0]));
    }

    private static float Rms(Tensor wav) => wav.mul(wav).mean().sqrt().item<float>();

    private static Tensor Scaled(Tensor wav, float level, double target, bool always)
    {
        // Upstream divides as PyTorch 1.13 does: the reciprocal first, in float32.
        var gain = 1 / level * (float)target;
        using Scalar factor = gain;
        return float.IsFinite(gain) && (always || gain < 1) ? wav.mul(factor) : wav;
    }

    private static Tensor Clamped(Tensor wav, double limit)
    {
        using Scalar low = -limit, high = limit;
        return wav.clamp(low, high);
    }

    private static Tensor ToLoudness(Tensor wav, int sampleRate, AudioWriteOptions options)
    {
        if (Rms(wav) < EnergyFloor)
        {
            return wav;
        }

        var loudness = LoudnessMeter.Measure(wav, sampleRate);
        if (double.IsInfinity(loudness))
        {
            return wav;
        }

        using Scalar gain = (float)Math.Pow(10, (-options.LoudnessHeadroomDb - loudness) / 20);
        var louder = wav.mul(gain);
        return options.LoudnessCompressor ? louder.tanh() : louder;
    }

    private static void RequireLoudnessRate(int sampleRate)
    {
        if (sampleRate < KWeighting.MinSampleRate)
        {
            throw new ArgumentOutOfRangeException(
                nameof(sampleRate), sampleRate, $"The sample rate is {sampleRate} Hz, but loudness needs at least {KWeighting.MinSampleRate} Hz: its filter works at 1.5 kHz.");
        }
    }
}
