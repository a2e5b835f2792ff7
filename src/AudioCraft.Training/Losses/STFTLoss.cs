using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// Distance of short-time spectra at one resolution (audiocraft/losses/stftloss.py): spectral convergence, ‖|Y| − |X|‖ / ‖|Y|‖,
/// and the mean absolute difference of the natural logarithms of the magnitudes, each with a factor.
/// </summary>
public sealed class STFTLoss : AudioLoss
{
    /// <summary>The distance between 1 and the next float32.</summary>
    internal const double FloatEpsilon = 1.1920928955078125e-07;

    private readonly STFTDistance distance;
    private readonly double factorSc;
    private readonly double factorMag;

    /// <summary>Creates the transform.</summary>
    /// <param name="nFft">Samples of a Fourier transform.</param>
    /// <param name="hopLength">Hop between frames in samples.</param>
    /// <param name="winLength">Samples of the window.</param>
    /// <param name="window">Type of the window.</param>
    /// <param name="normalized">Whether spectra are divided by √<paramref name="nFft"/>.</param>
    /// <param name="factorSc">Factor of the spectral convergence.</param>
    /// <param name="factorMag">Factor of the log-magnitude distance.</param>
    /// <param name="epsilon">Added to denominators and under logarithms.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public STFTLoss(
        int nFft = 1024, int hopLength = 120, int winLength = 600, AnalysisWindow window = AnalysisWindow.Hann, bool normalized = false,
        double factorSc = 0.1, double factorMag = 0.1, double epsilon = FloatEpsilon) : base(nameof(STFTLoss))
    {
        distance = new STFTDistance(nFft, hopLength, winLength, window, normalized, epsilon);
        (this.factorSc, this.factorMag) = (factorSc, factorMag);
        RegisterComponents();
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor output, Tensor reference)
    {
        AudioShape.Check(output, nameof(output), distance.MinSamples);
        var (convergence, magnitude) = distance.Compute(output, reference);
        using Scalar weightSc = factorSc, weightMag = factorMag;
        return convergence.mul(weightSc).add(magnitude, weightMag);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            distance.Dispose();
        }

        base.Dispose(disposing);
    }
}
