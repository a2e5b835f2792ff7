using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>
/// EnCodec's spectral loss (Défossez et al. 2022, section 3.4; audiocraft/losses/specloss.py): over windows of 2ⁱ samples with a hop of a quarter,
/// the mean absolute difference of mel spectrograms plus α times the mean squared difference of their base-10 logarithms, summed over all windows.
/// </summary>
public sealed class MultiScaleMelSpectrogramLoss : AudioLoss
{
    private readonly ModuleList<MelSpectrogram> scales;
    private readonly double[] weights;
    private readonly bool normalized;

    /// <summary>Creates the spectrograms.</summary>
    /// <param name="sampleRate">In hertz.</param>
    /// <param name="rangeStart">The first window has 2 to this power samples; 2 to 20.</param>
    /// <param name="rangeEnd">The windows end before 2 to this power.</param>
    /// <param name="nMels">Filters.</param>
    /// <param name="fMin">Lower edge of the first filter, in hertz.</param>
    /// <param name="fMax">Upper edge of the last filter, in hertz; null for half the sample rate.</param>
    /// <param name="normalized">Whether spectra are divided by √Σw² and the loss by the sum of all weights.</param>
    /// <param name="alphas">Whether α is √(2ⁱ − 1); otherwise it is 1.</param>
    /// <param name="floorLevel">Added before the logarithm.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public MultiScaleMelSpectrogramLoss(
        int sampleRate, int rangeStart = 6, int rangeEnd = 11, int nMels = 64, double fMin = 0.0, double? fMax = null, bool normalized = false,
        bool alphas = true, double floorLevel = 1e-5) : base(nameof(MultiScaleMelSpectrogramLoss))
    {
        if (rangeStart < 2 || rangeEnd > 21 || rangeStart >= rangeEnd)
        {
            throw new ArgumentOutOfRangeException(nameof(rangeStart), rangeStart, $"At least 2 and less than {nameof(rangeEnd)}, which is at most 21, was expected; they are {rangeStart} and {rangeEnd}.");
        }

        this.normalized = normalized;
        var powers = Enumerable.Range(rangeStart, rangeEnd - rangeStart).ToArray();
        weights = powers.Select(i => alphas ? Math.Sqrt((1 << i) - 1) : 1).ToArray();
        scales = new ModuleList<MelSpectrogram>(powers.Select(i => new MelSpectrogram(
            1 << i, 1 << (i - 2), 1 << i, nMels, sampleRate, fMin, fMax, log: true, normalized, floorLevel)).ToArray());
        RegisterComponents();
    }

    /// <summary>Minimum number of samples.</summary>
    public int MinSamples => scales[^1].MinSamples;

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor output, Tensor reference)
    {
        AudioShape.Check(output, nameof(output), MinSamples);
        Tensor? sum = null;
        for (var i = 0; i < weights.Length; i++)
        {
            var scale = scales[i];
            Tensor have = scale.Frames(output, nameof(output)), want = scale.Frames(reference, nameof(reference));
            var linear = functional.l1_loss(have, want);
            var logarithmic = functional.mse_loss(scale.Logarithm(have), scale.Logarithm(want));
            using Scalar weight = weights[i];
            var loss = linear.add(logarithmic, weight);
            sum = sum is null ? loss : sum.add(loss, Scalars.One);
        }

        using Scalar total = normalized ? weights.Sum() + weights.Length : 1;
        return sum!.div(total);
    }
}
