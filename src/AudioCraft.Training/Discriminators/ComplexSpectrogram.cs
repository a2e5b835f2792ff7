using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>The complex spectrum of a discriminator: torchaudio's <c>Spectrogram(power=None, center=False)</c>, whose window is part of checkpoints.</summary>
internal sealed class ComplexSpectrogram : Module<Tensor, Tensor>
{
    private readonly ShortTimeFourier fourier;
    private readonly bool normalized;
    private readonly Tensor window;

    /// <param name="nFft">Samples of a transform.</param>
    /// <param name="hopLength">Hop between frames in samples.</param>
    /// <param name="winLength">Samples of the Hann window.</param>
    /// <param name="normalized">Whether the spectrum is divided by √Σw².</param>
    public ComplexSpectrogram(int nFft, int hopLength, int winLength, bool normalized) : base(nameof(ComplexSpectrogram))
    {
        fourier = new ShortTimeFourier(nFft, hopLength, winLength);
        this.normalized = normalized;
        window = AnalysisWindows.Make(AnalysisWindow.Hann, winLength).DetachFromDisposeScope();
        RegisterComponents();
    }

    /// <summary>Samples of a transform.</summary>
    public int Size => fourier.Size;

    /// <summary>[B, C, T] → [B, 2C, frames, frequencies]: the real parts of all channels, then the imaginary ones.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var weights = normalized ? window / window.pow(Scalars.Two).sum().sqrt() : window;
        var (real, imaginary) = fourier.Parts(input.reshape(-1, input.size(2)), weights);
        long[] shape = [input.size(0), input.size(1), real.size(1), real.size(2)];
        return cat([real.view(shape), imaginary.view(shape)], 1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            fourier.Dispose();
        }

        base.Dispose(disposing);
    }
}
