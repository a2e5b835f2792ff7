using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// The short-time Fourier transform without padding, <c>center=False</c> in PyTorch. Short frames are multiplied with the matrix of the transform,
/// which has a much cheaper backward pass than <c>torch.stft</c>; long frames use <c>torch.stft</c>.
/// </summary>
internal sealed class ShortTimeFourier : IDisposable
{
    /// <summary>Up to this size the matrix is faster, measured forward and backward on a CPU.</summary>
    private const int ProductUpTo = 256;

    private readonly int hopLength;
    private readonly int winLength;
    private readonly bool normalized;
    private readonly FixedTensor? matrix;

    /// <param name="nFft">Samples of a transform.</param>
    /// <param name="hopLength">Hop between frames in samples.</param>
    /// <param name="winLength">Samples of the window, in the middle of the frame.</param>
    /// <param name="normalized">Whether the transform is divided by √<paramref name="nFft"/>.</param>
    /// <param name="product">
    /// Whether short frames use the matrix. Its rounding differs from that of <c>torch.stft</c>, which matters for logarithms of single frequencies.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A size is out of range.</exception>
    public ShortTimeFourier(int nFft, int hopLength, int winLength, bool normalized = false, bool product = true)
    {
        if (nFft is < 2 or > 1 << 20)
        {
            throw new ArgumentOutOfRangeException(nameof(nFft), nFft, "The transform has 2 to 1,048,576 samples.");
        }

        if (hopLength < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(hopLength), hopLength, "The hop is at least 1 sample.");
        }

        if (winLength < 1 || winLength > nFft)
        {
            throw new ArgumentOutOfRangeException(nameof(winLength), winLength, $"The window has 1 to {nFft} samples, those of the transform.");
        }

        (Size, this.hopLength, this.winLength, this.normalized) = (nFft, hopLength, winLength, normalized);
        matrix = product && nFft <= ProductUpTo ? new FixedTensor(Matrix) : null;
    }

    /// <summary>Samples of a transform.</summary>
    public int Size { get; }

    /// <summary>Frequencies from 0 to half the sample rate.</summary>
    public int Bins => (Size / 2) + 1;

    /// <summary>Real and imaginary parts, [N, frames, bins] each.</summary>
    /// <param name="signals">[N, L] with at least <see cref="Size"/> samples.</param>
    /// <param name="window">[win], including the scale of the transform.</param>
    public (Tensor Real, Tensor Imaginary) Parts(Tensor signals, Tensor window)
    {
        using var scope = NewDisposeScope();
        if (matrix is not null)
        {
            var parts = Product(signals, window);
            return (parts.narrow(2, 0, Bins).MoveToOuterDisposeScope(), parts.narrow(2, Bins, Bins).MoveToOuterDisposeScope());
        }

        var pairs = Operator(signals, window);
        return (pairs.select(3, 0).transpose(1, 2).MoveToOuterDisposeScope(), pairs.select(3, 1).transpose(1, 2).MoveToOuterDisposeScope());
    }

    /// <summary>The squared magnitude, [N, frames, bins].</summary>
    /// <param name="signals">[N, L] with at least <see cref="Size"/> samples.</param>
    /// <param name="window">[win], including the scale of the transform.</param>
    public Tensor Power(Tensor signals, Tensor window)
    {
        using var scope = NewDisposeScope();
        if (matrix is not null)
        {
            var squares = Product(signals, window).pow(Scalars.Two);
            return squares.narrow(2, 0, Bins).add(squares.narrow(2, Bins, Bins), Scalars.One).MoveToOuterDisposeScope();
        }

        return Operator(signals, window).pow(Scalars.Two).sum(3).transpose(1, 2).MoveToOuterDisposeScope();
    }

    public void Dispose() => matrix?.Dispose();

    // [N, frames, 2 bins], the real parts first.
    private Tensor Product(Tensor signals, Tensor window)
    {
        var frames = ((signals.size(1) - Size) / hopLength) + 1;
        var span = signals.narrow(1, (Size - winLength) / 2, ((frames - 1) * hopLength) + winLength);
        return matmul(span.unfold(1, winLength, hopLength), matrix!.Like(signals) * window.unsqueeze(1));
    }

    // [N, bins, frames, 2].
    private Tensor Operator(Tensor signals, Tensor window) =>
        view_as_real(stft(signals, Size, hopLength, winLength, window, center: false, normalized: normalized, onesided: true, return_complex: true));

    // [win, 2 bins]: the contribution of each sample of the frame to each frequency.
    private Tensor Matrix()
    {
        var values = new float[winLength * 2 * Bins];
        var first = (Size - winLength) / 2;
        var scale = normalized ? 1 / Math.Sqrt(Size) : 1;
        for (var n = 0; n < winLength; n++)
        {
            for (var k = 0; k < Bins; k++)
            {
                var (sine, cosine) = Math.SinCos(2 * Math.PI * ((long)(first + n) * k % Size) / Size);
                values[(n * 2 * Bins) + k] = (float)(scale * cosine);
                values[(n * 2 * Bins) + Bins + k] = (float)(-scale * sine);
            }
        }

        return tensor(values, [winLength, 2 * Bins]);
    }
}
