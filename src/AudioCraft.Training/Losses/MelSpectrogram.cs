using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>
/// The mel spectrogram that EnCodec's losses compare (audiocraft/losses/specloss.py): power through HTK's mel filters, optionally its base-10 logarithm.
/// The audio is padded by reflection so that there are ⌈T / hop⌉ frames.
/// </summary>
public sealed class MelSpectrogram : Module<Tensor, Tensor>
{
    private readonly ShortTimeFourier fourier;
    private readonly FixedTensor window;
    private readonly FixedTensor filters;
    private readonly int hopLength;
    private readonly bool log;
    private readonly double floorLevel;

    /// <summary>Creates the filters.</summary>
    /// <param name="nFft">Samples of a Fourier transform.</param>
    /// <param name="hopLength">Hop between frames in samples; at most <paramref name="nFft"/>.</param>
    /// <param name="winLength">Samples of the Hann window; null for <paramref name="nFft"/>.</param>
    /// <param name="nMels">Filters.</param>
    /// <param name="sampleRate">In hertz.</param>
    /// <param name="fMin">Lower edge of the first filter, in hertz.</param>
    /// <param name="fMax">Upper edge of the last filter, in hertz; null for half the sample rate.</param>
    /// <param name="log">Whether the result is <c>log10(floorLevel + power)</c>.</param>
    /// <param name="normalized">Whether the spectrum is divided by the length of the window, √Σw².</param>
    /// <param name="floorLevel">Added before the logarithm; greater than 0 where there is one.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public MelSpectrogram(
        int nFft = 1024, int hopLength = 256, int? winLength = null, int nMels = 80, int sampleRate = 22050, double fMin = 0.0, double? fMax = null,
        bool log = true, bool normalized = false, double floorLevel = 1e-5) : base(nameof(MelSpectrogram))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(nMels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(sampleRate, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hopLength, nFft);
        var highest = fMax ?? sampleRate / 2;
        if (!(fMin >= 0) || !(highest > fMin) || !double.IsFinite(highest))
        {
            throw new ArgumentOutOfRangeException(nameof(fMin), fMin, $"The filters must lie between 0 Hz and a higher, finite end; it is {highest} Hz.");
        }

        if (!double.IsFinite(floorLevel) || floorLevel < 0 || (log && floorLevel == 0))
        {
            throw new ArgumentOutOfRangeException(nameof(floorLevel), floorLevel, "The floor is finite, not negative, and greater than 0 under a logarithm.");
        }

        (this.hopLength, this.log, this.floorLevel) = (hopLength, log, floorLevel);
        var length = winLength ?? nFft;
        fourier = new ShortTimeFourier(nFft, hopLength, length);
        window = new FixedTensor(() =>
        {
            var hann = AnalysisWindows.Make(AnalysisWindow.Hann, length);
            return normalized ? hann / hann.pow(Scalars.Two).sum().sqrt() : hann;
        });
        filters = new FixedTensor(() => MelFilterbank.Create(fourier.Bins, nMels, sampleRate, fMin, highest));
        RegisterComponents();
    }

    /// <summary>Minimum number of samples: padding by reflection needs more samples than it adds at each end.</summary>
    public int MinSamples => Padding + 1;

    private int Padding => (fourier.Size - hopLength) / 2;

    /// <summary>[B, C, T] or [B, T] → [B, C · mels, ⌈T / hop⌉].</summary>
    /// <param name="input">The audio, with at least <see cref="MinSamples"/> samples.</param>
    /// <exception cref="ArgumentException">The audio has another shape or is too short.</exception>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var scope = NewDisposeScope();
        var sound = input.dim() == 2 ? input.unsqueeze(1) : input;
        var mel = Frames(sound, nameof(input));
        if (log)
        {
            mel = Logarithm(mel);
        }

        return mel.transpose(1, 2).reshape(sound.size(0), -1, mel.size(1)).MoveToOuterDisposeScope();
    }

    /// <summary>Power, [B, C, T] → [B · C, frames, mels].</summary>
    internal Tensor Frames(Tensor sound, string name)
    {
        AudioShape.Check(sound, name, MinSamples);
        using var scope = NewDisposeScope();
        var signals = sound.reshape(-1, sound.size(2));
        var padded = Padding == 0 ? signals : functional.pad(signals, (Padding, Padding), PaddingModes.Reflect);

        // The last frame must be full.
        var length = padded.size(1);
        var frames = (Math.Max(0, length - fourier.Size) + hopLength - 1) / hopLength + 1;
        var missing = (frames - 1) * hopLength + fourier.Size - length;
        var whole = missing == 0 ? padded : functional.pad(padded, (0, missing));
        return matmul(fourier.Power(whole, window.Like(sound)), filters.Like(sound)).MoveToOuterDisposeScope();
    }

    /// <summary><c>log10(floor + power)</c>.</summary>
    internal Tensor Logarithm(Tensor power)
    {
        using Scalar floor = floorLevel;
        using var raised = power.add(floor, Scalars.One);
        return raised.log10();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            fourier.Dispose();
            window.Dispose();
            filters.Dispose();
        }

        base.Dispose(disposing);
    }
}
