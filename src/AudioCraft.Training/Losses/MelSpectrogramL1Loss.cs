using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>The mean absolute difference of two mel spectrograms (audiocraft/losses/specloss.py).</summary>
public sealed class MelSpectrogramL1Loss : AudioLoss
{
    private readonly MelSpectrogram melspec;

    /// <summary>Creates the spectrogram.</summary>
    /// <param name="sampleRate">In hertz.</param>
    /// <param name="nFft">Samples of a Fourier transform.</param>
    /// <param name="hopLength">Hop between frames in samples.</param>
    /// <param name="winLength">Samples of the Hann window.</param>
    /// <param name="nMels">Filters.</param>
    /// <param name="fMin">Lower edge of the first filter, in hertz.</param>
    /// <param name="fMax">Upper edge of the last filter, in hertz; null for half the sample rate.</param>
    /// <param name="log">Whether base-10 logarithms are compared.</param>
    /// <param name="normalized">Whether the spectrum is divided by the length of the window, √Σw².</param>
    /// <param name="floorLevel">Added before the logarithm.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public MelSpectrogramL1Loss(
        int sampleRate, int nFft = 1024, int hopLength = 256, int winLength = 1024, int nMels = 80, double fMin = 0.0, double? fMax = null,
        bool log = true, bool normalized = false, double floorLevel = 1e-5) : base(nameof(MelSpectrogramL1Loss))
    {
        melspec = new MelSpectrogram(nFft, hopLength, winLength, nMels, sampleRate, fMin, fMax, log, normalized, floorLevel);
        RegisterComponents();
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor output, Tensor reference)
    {
        AudioShape.Check(output, nameof(output), melspec.MinSamples);
        return functional.l1_loss(melspec.forward(output), melspec.forward(reference));
    }
}
