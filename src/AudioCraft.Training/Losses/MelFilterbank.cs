using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>Triangular filters, equally spaced on the mel scale of HTK, each with a peak of 1: torchaudio's <c>melscale_fbanks</c> without norm.</summary>
public static class MelFilterbank
{
    /// <summary>
    /// Computes the filters in float64 and rounds once; torchaudio computes in float32, whose rounding depends on the build of libtorch.
    /// A filter that is narrower than the distance between two frequencies may be zero everywhere.
    /// </summary>
    /// <param name="bins">Frequencies of the spectrum, from 0 to half the sample rate; at least 2.</param>
    /// <param name="mels">Number of filters, at least 1.</param>
    /// <param name="sampleRate">In hertz.</param>
    /// <param name="fMin">Lower edge of the first filter, in hertz.</param>
    /// <param name="fMax">Upper edge of the last filter, in hertz.</param>
    /// <returns>[bins, mels], float32 on the CPU.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A count is too small.</exception>
    public static Tensor Create(int bins, int mels, int sampleRate, double fMin, double fMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(mels, 1);
        var corners = MelScale.Space(fMin, fMax, mels + 2);
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
}
