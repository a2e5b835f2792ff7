using static System.Math;

namespace AudioGenTiny.Recipe;

/// <summary>
/// Waveform coefficients of a few low frequencies, which the vocoder codes with their phase: coefficients of the modified discrete cosine transform (Princen and Bradley 1986), whose
/// blocks are two frames long, overlap by half, and reconstruct the signal. They are coded by sign and logarithm of the magnitude.
/// </summary>
internal static class VocoderWaves
{
    /// <summary>The first coefficient, at 4¼ times the frame rate: 212 Hz at 50 frames a second, the lower end of the strongest partials of voices and horns.</summary>
    private const int First = 8;

    /// <summary>The basis function of a coefficient, [2 · hop]: for analysis and synthesis.</summary>
    /// <param name="wave">Index of the coefficient, from 0.</param>
    /// <param name="hop">Samples of a frame.</param>
    public static double[] Basis(int wave, int hop)
    {
        var basis = new double[2 * hop];
        for (var n = 0; n < basis.Length; n++)
        {
            basis[n] = Sin(PI * (n + 0.5) / basis.Length) * Cos(PI / hop * (n + 0.5 + (hop / 2.0)) * (First + wave + 0.5));
        }

        return basis;
    }

    /// <summary>Scales the inner product of audio and basis function to an amplitude.</summary>
    public static double Amplitude(int hop) => 2.0 / hop;
}
