using AudioCraft.Audio;
using static TorchSharp.torch;

namespace AudioCraft.Formats;

/// <summary>
/// The loudness of <c>.dac</c> files, measured as descript's audiotools does: ITU-R BS.1770-4 with blocks of 0.4 s. It differs slightly from <see cref="LoudnessMeter"/>: clips shorter
/// than half a second and the last block are padded with silence, and the filters do not clip.
/// </summary>
internal static class DacLoudness
{
    /// <summary>The loudness of silence.</summary>
    public const double Silence = -70;

    private const double Bias = -0.691, BlockSeconds = 0.4, Step = 0.25, MinSeconds = 0.5;

    /// <summary>Measures the loudness in LUFS, at least <see cref="Silence"/>.</summary>
    /// <param name="wav">[C, T] float32 on the CPU, contiguous, T at least 1.</param>
    /// <param name="sampleRate">In hertz.</param>
    public static double Measure(Tensor wav, int sampleRate)
    {
        var (channels, length) = ((int)wav.size(0), checked((int)wav.size(1)));
        var seconds = (double)length / sampleRate;
        var whole = seconds < MinSeconds ? length + (int)((MinSeconds - seconds) * sampleRate) : length;
        var block = Math.Max(1, (int)(BlockSeconds * sampleRate));
        var step = Math.Max(1, (int)(BlockSeconds * sampleRate * Step));
        var energies = new double[(int)Math.Ceiling((Math.Max(whole, block) - block) / (double)step) + 1];
        var samples = new float[whole];
        for (var channel = 0; channel < channels; channel++)
        {
            if (LoudnessMeter.Weight(channel, channels) is var weight and > 0)
            {
                Waveform.Samples(wav, channel, 0, length).CopyTo(samples);
                samples.AsSpan(length).Clear();
                KWeighting.Apply(samples, sampleRate, clip: false);
                for (var i = 0; i < energies.Length; i++)
                {
                    var start = (int)Math.Min((long)i * step, whole);
                    energies[i] += weight * Energy(samples.AsSpan(start, Math.Min(block, whole - start))) / (BlockSeconds * sampleRate);
                }
            }
        }

        return Math.Max(Gated(energies), Silence);
    }

    private static double Gated(double[] energies)
    {
        var audible = energies.Where(e => Lufs(e) > Silence).ToArray();
        if (audible.Length == 0)
        {
            return Silence;
        }

        // The loudest block is never below the mean, so this one is never empty.
        var gate = Lufs(audible.Average()) - 10;
        return Lufs(audible.Where(e => Lufs(e) > gate).Average());
    }

    private static double Energy(ReadOnlySpan<float> samples)
    {
        var sum = 0.0;
        foreach (var sample in samples)
        {
            sum += (double)sample * sample;
        }

        return sum;
    }

    private static double Lufs(double energy) => Bias + 10 * Math.Log10(energy);
}
