using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>Triangular filters, equally spaced on the mel scale of HTK, each with a peak of 1: torchaudio's <c>melscale_fbanks</c> without norm.</summary>
internal static class MelFilterbank
{
    /// <summary>
    /// [bins, mels], float32 on the CPU. Computed in float64 and rounded once. torchaudio computes in float32; builds of libtorch round that differently.
    /// A filter narrower than the distance between two frequencies may be zero everywhere.
    /// </summary>
    /// <param name="bins">Frequencies of the spectrum, from 0 to half the sample rate.</param>
    /// <param name="mels">Filters.</param>
    /// <param name="sampleRate">In hertz.</param>
    /// <param name="fMin">Where the first filter begins, in hertz.</param>
    /// <param name="fMax">Where the last filter ends, in hertz.</param>
    public static Tensor Make(int bins, int mels, int sampleRate, double fMin, double fMax)
    {
        double first = Mel(fMin), step = (Mel(fMax) - first) / (mels + 1);
        var corners = Enumerable.Range(0, mels + 2).Select(i => Hertz(first + (i * step))).ToArray();
        var highest = (double)(sampleRate / 2);
        var values = new float[checked(bins * mels)];
        for (var bin = 0; bin < bins; bin++)
        {
            var frequency = highest * bin / (bins - 1);
            for (var mel = 0; mel < mels; mel++)
            {
                var rising = (frequency - corners[mel]) / (corners[mel + 1] - corners[mel]);
                var falling = (corners[mel + 2] - frequency) / (corners[mel + 2] - corners[mel + 1]);
                values[(bin * mels) + mel] = (float)Math.Max(0, Math.Min(rising, falling));
            }
        }

        return tensor(values, [bins, mels]);
    }

    private static double Mel(double hertz) => 2595 * Math.Log10(1 + (hertz / 700));

    private static double Hertz(double mel) => 700 * (Math.Pow(10, mel / 2595) - 1);
}
