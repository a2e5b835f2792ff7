using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Audio;

/// <summary>Integrated loudness of ITU-R BS.1770-4: K-weighted energy in blocks of 0.4 s that overlap by three quarters, gated at −70 LKFS and at 10 below the mean.</summary>
internal static class LoudnessMeter
{
    private const double Bias = -0.691, AbsoluteGate = -70, RelativeGate = -10;

    /// <summary>In LKFS; −∞ where no block is above the gate.</summary>
    /// <param name="wav">[C, T] float32 on the CPU, contiguous. A clip shorter than a block is measured as one block.</param>
    /// <param name="sampleRate">At least <see cref="KWeighting.MinSampleRate"/>.</param>
    public static double Measure(Tensor wav, int sampleRate)
    {
        var (channels, length) = ((int)wav.size(0), wav.size(1));
        if (length == 0)
        {
            return double.NegativeInfinity;
        }

        var block = (int)Math.Min(length, (long)Math.Round(0.4 * sampleRate));
        var step = Math.Max(1, (int)Math.Round(0.25 * Math.Round(0.4 * sampleRate)));
        var blocks = new double[(length - block) / step + 1];
        for (var channel = 0; channel < channels; channel++)
        {
            if (Weight(channel, channels) is var weight and > 0)
            {
                AddEnergies(wav, channel, sampleRate, block, step, weight, blocks);
            }
        }

        var gated = blocks.Where(energy => Lkfs(energy) > AbsoluteGate).ToArray();
        if (gated.Length == 0)
        {
            return double.NegativeInfinity;
        }

        // The loudest block is never below the mean, so this one is never empty.
        var relative = Lkfs(gated.Average()) + RelativeGate;
        return Lkfs(gated.Where(energy => Lkfs(energy) > relative).Average());
    }

    private static void AddEnergies(Tensor wav, int channel, int sampleRate, int block, int step, double weight, double[] blocks)
    {
        var samples = new float[wav.size(1)];
        const int Piece = 1 << 20;
        for (var start = 0; start < samples.Length; start += Piece)
        {
            var count = Math.Min(Piece, samples.Length - start);
            Waveform.Samples(wav, channel, start, count).CopyTo(samples.AsSpan(start));
        }

        KWeighting.Apply(samples, sampleRate);
        for (var i = 0; i < blocks.Length; i++)
        {
            var sum = 0.0;
            foreach (var sample in samples.AsSpan((int)((long)i * step), block))
            {
                sum += sample * sample;
            }

            blocks[i] += weight * sum / block;
        }
    }

    private static double Lkfs(double energy) => Bias + 10 * Math.Log10(energy);

    /// <summary>
    /// Side channels have a weight of 1.41, the low-frequency channel 0. Up to five channels the order is upstream's (the fourth and fifth are the sides);
    /// from six on, where upstream fails, it is the WAV order: left, right, center, LFE, then the sides (5.1), or back center and sides (6.1), or backs and sides (7.1).
    /// </summary>
    internal static double Weight(int channel, int channels) => (channel, channels) switch
    {
        ( < 3, _) => 1,
        (_, <= 5) => 1.41,
        (3, _) => 0,
        (_, 6) => 1.41,
        (_, 7) => channel == 4 ? 1 : 1.41,
        (_, 8) => channel < 6 ? 1 : 1.41,
        _ => 1,
    };
}
