using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// The mean of <see cref="STFTLoss"/> over several resolutions (Parallel WaveGAN, Yamamoto et al. 2020; audiocraft/losses/stftloss.py).
/// A scalar, where upstream's has one dimension of size 1.
/// </summary>
public sealed class MRSTFTLoss : AudioLoss
{
    private readonly STFTDistance[] distances;
    private readonly double factorSc;
    private readonly double factorMag;

    /// <summary>Creates the transforms.</summary>
    /// <param name="nFfts">Samples of the Fourier transforms; null for 1024, 2048, 512.</param>
    /// <param name="hopLengths">Hop between frames in samples; null for 120, 240, 50.</param>
    /// <param name="winLengths">Samples of the windows; null for 600, 1200, 240.</param>
    /// <param name="window">Type of the window.</param>
    /// <param name="factorSc">Factor of the spectral convergence.</param>
    /// <param name="factorMag">Factor of the log-magnitude distance.</param>
    /// <param name="normalized">Whether spectra are divided by the root of the transform's size.</param>
    /// <param name="epsilon">Added to denominators and under logarithms.</param>
    /// <exception cref="ArgumentException">The lists differ in length or are empty, or a value is out of range.</exception>
    public MRSTFTLoss(
        IReadOnlyList<int>? nFfts = null, IReadOnlyList<int>? hopLengths = null, IReadOnlyList<int>? winLengths = null,
        AnalysisWindow window = AnalysisWindow.Hann, double factorSc = 0.1, double factorMag = 0.1, bool normalized = false,
        double epsilon = STFTLoss.FloatEpsilon) : base(nameof(MRSTFTLoss))
    {
        nFfts ??= [1024, 2048, 512];
        hopLengths ??= [120, 240, 50];
        winLengths ??= [600, 1200, 240];
        if (nFfts.Count == 0 || hopLengths.Count != nFfts.Count || winLengths.Count != nFfts.Count)
        {
            throw new ArgumentException($"{nFfts.Count} transforms, {hopLengths.Count} hops and {winLengths.Count} windows: as many of each were expected, at least one.", nameof(nFfts));
        }

        distances = nFfts.Select((n, i) => new STFTDistance(n, hopLengths[i], winLengths[i], window, normalized, epsilon)).ToArray();
        (this.factorSc, this.factorMag) = (factorSc, factorMag);
        RegisterComponents();
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor output, Tensor reference)
    {
        AudioShape.Check(output, nameof(output), distances.Max(distance => distance.MinSamples));
        var each = distances.Select(distance => distance.Compute(output, reference)).ToList();
        var convergence = stack(each.Select(pair => pair.Convergence)).mean();
        var magnitude = stack(each.Select(pair => pair.Magnitude)).mean();
        using Scalar weightSc = factorSc, weightMag = factorMag;
        return convergence.mul(weightSc).add(magnitude, weightMag);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var distance in distances)
            {
                distance.Dispose();
            }
        }

        base.Dispose(disposing);
    }
}
