using static System.Math;

namespace AudioCraft.Training;

/// <summary>
/// A few low waves of which a vocoder says where they stand: coefficients of the modified discrete cosine transform (Princen and Bradley 1986), whose blocks are two frames long,
/// overlap by half, and together give back what they were made of. They are said with their sign and the logarithm of their size, as the levels of bands are.
/// </summary>
internal static class VocoderWaves
{
    /// <summary>The first coefficient that is said, at 4¼ times the frame rate: 212 Hz at 50 frames a second, where the strongest waves of voices and horns begin.</summary>
    private const int First = 8;

    /// <summary>[2 · hop]: what a coefficient listens for, and, added up, what it stands for.</summary>
    /// <param name="wave">Which, from 0.</param>
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

    /// <summary>What the sum of a sound with a basis is multiplied by to be the coefficient's amplitude.</summary>
    public static double Amplitude(int hop) => 2.0 / hop;
}
