using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>Triangular filters, equally spaced on the mel scale of HTK, each with a peak of 1: torchaudio's <c>melscale_fbanks</c> without norm.</summary>
internal static class MelFilterbank
{
    /// <summary>
    /// [bins, mels], float32 on the CPU. Computed in float32 as upstream's, whose rounding shows in narrow filters.
    /// A filter narrower than the distance between two frequencies may be zero everywhere.
    /// </summary>
    /// <param name="bins">Frequencies of the spectrum, from 0 to half the sample rate.</param>
    /// <param name="mels">Filters.</param>
    /// <param name="sampleRate">In hertz.</param>
    /// <param name="fMin">Where the first filter begins, in hertz.</param>
    /// <param name="fMax">Where the last filter ends, in hertz.</param>
    public static Tensor Make(int bins, int mels, int sampleRate, double fMin, double fMax)
    {
        var frequencies = linspace(0, sampleRate / 2, bins, ScalarType.Float32);
        var points = linspace(Mel(fMin), Mel(fMax), mels + 2, ScalarType.Float32) / 2595.0;
        var corners = (full_like(points, 10).pow(points) - 1.0) * 700.0;
        var widths = corners.narrow(0, 1, mels + 1) - corners.narrow(0, 0, mels + 1);
        var slopes = corners.unsqueeze(0) - frequencies.unsqueeze(1);
        var rising = slopes.narrow(1, 0, mels).neg() / widths.narrow(0, 0, mels);
        var falling = slopes.narrow(1, 2, mels) / widths.narrow(0, 1, mels);
        return minimum(rising, falling).clamp_min(0.0);
    }

    private static double Mel(double hertz) => 2595 * Math.Log10(1 + (hertz / 700));
}
