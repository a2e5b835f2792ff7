using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>Spectral convergence and log-magnitude distance of two short-time spectra (Arik et al. 2018; audiocraft/losses/stftloss.py).</summary>
internal sealed class STFTDistance : IDisposable
{
    /// <summary>Minimum power, so that root and logarithm have finite gradients in silence.</summary>
    private static readonly Scalar LeastPower = 1e-7;

    private readonly ShortTimeFourier fourier;
    private readonly FixedTensor window;
    private readonly double epsilon;

    /// <param name="nFft">Samples of a transform.</param>
    /// <param name="hopLength">Hop between frames in samples.</param>
    /// <param name="winLength">Samples of the window.</param>
    /// <param name="kind">Type of the window.</param>
    /// <param name="normalized">Whether the spectrum is divided by √<paramref name="nFft"/>.</param>
    /// <param name="epsilon">Added to denominators and under logarithms.</param>
    public STFTDistance(int nFft, int hopLength, int winLength, AnalysisWindow kind, bool normalized, double epsilon)
    {
        if (!(epsilon >= 0) || !double.IsFinite(epsilon))
        {
            throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "Epsilon is finite and not negative.");
        }

        this.epsilon = epsilon;
        fourier = new ShortTimeFourier(nFft, hopLength, winLength, normalized, product: false);
        window = new FixedTensor(() => AnalysisWindows.Make(kind, winLength));
    }

    /// <summary>Minimum number of samples: padding by reflection needs more samples than it adds at each end.</summary>
    public int MinSamples => (fourier.Size / 2) + 1;

    /// <summary>Both distances of audio [B, C, T], as scalars.</summary>
    public (Tensor Convergence, Tensor Magnitude) Compute(Tensor output, Tensor reference)
    {
        using var scope = NewDisposeScope();
        Tensor have = Magnitude(output), want = Magnitude(reference);
        using Scalar added = epsilon;
        var convergence = (want - have).norm() / want.norm().add(added, Scalars.One);
        var magnitude = functional.l1_loss(have.add(added, Scalars.One).log(), want.add(added, Scalars.One).log());
        return (convergence.MoveToOuterDisposeScope(), magnitude.MoveToOuterDisposeScope());
    }

    public void Dispose()
    {
        fourier.Dispose();
        window.Dispose();
    }

    private Tensor Magnitude(Tensor sound)
    {
        using var scope = NewDisposeScope();
        var margin = fourier.Size / 2;
        var padded = functional.pad(sound.reshape(-1, sound.size(2)), (margin, margin), PaddingModes.Reflect);
        return fourier.Power(padded, window.Like(sound)).clamp_min(LeastPower).sqrt().MoveToOuterDisposeScope();
    }
}
