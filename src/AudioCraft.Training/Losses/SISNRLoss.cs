using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>
/// The scale-invariant signal-to-noise ratio in decibels, <em>negated</em> so that less is better (audiocraft/losses/sisnr.py), averaged over segments,
/// channels and items. Each segment is centered; the last is padded with zeros.
/// Upstream fails without segments; here <c>segment: null</c> uses the whole audio.
/// </summary>
public sealed class SISNRLoss : AudioLoss
{
    private static readonly Scalar MinusTen = -10;
    private readonly int? frame;
    private readonly int stride;
    private readonly double epsilon;

    /// <summary>Creates the loss.</summary>
    /// <param name="sampleRate">In hertz.</param>
    /// <param name="segment">Seconds of a segment; null for the whole audio.</param>
    /// <param name="overlap">Overlap of consecutive segments, 0 to less than 1.</param>
    /// <param name="epsilon">Added, times the samples of a segment, to energies.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public SISNRLoss(int sampleRate = 16000, double? segment = 20, double overlap = 0.5, double epsilon = STFTLoss.FloatEpsilon) : base(nameof(SISNRLoss))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sampleRate, 1);
        if (!(overlap >= 0) || !(overlap < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(overlap), overlap, "The overlap is at least 0 and less than 1.");
        }

        if (!(epsilon >= 0) || !double.IsFinite(epsilon))
        {
            throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "Epsilon is finite and not negative.");
        }

        this.epsilon = epsilon;
        if (segment is { } seconds)
        {
            var samples = seconds * sampleRate;
            if (!(samples >= 1) || samples > int.MaxValue || (int)((int)samples * (1 - overlap)) < 1)
            {
                throw new ArgumentOutOfRangeException(nameof(segment), segment, $"A segment of {seconds} s and the step to the next have no sample at {sampleRate} Hz, or too many.");
            }

            frame = (int)samples;
            stride = (int)(frame.Value * (1 - overlap));
        }

        RegisterComponents();
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor output, Tensor reference)
    {
        AudioShape.Check(output, nameof(output));
        var size = frame ?? reference.size(2);
        Tensor want = Segments(reference, size), have = Segments(output, size);
        using Scalar floor = epsilon * size;
        var energy = want.pow(Scalars.Two).sum(-1, keepdim: true).add(floor, Scalars.One);
        var projection = (want * have).sum(-1, keepdim: true) * want / energy;
        var noise = have - projection;
        return (Energy(projection, floor).log10() - Energy(noise, floor).log10()).mul(MinusTen).mean();
    }

    private static Tensor Energy(Tensor segments, Scalar floor) => segments.pow(Scalars.Two).sum(-1).add(floor, Scalars.One);

    // [B, C, T] → [B, C, segments, samples], each with a mean of 0.
    private Tensor Segments(Tensor sound, long size)
    {
        using var scope = NewDisposeScope();
        var step = frame is null ? size : stride;
        var count = (sound.size(2) + step - 1) / step;
        var missing = (count - 1) * step + size - sound.size(2);
        var segments = (missing == 0 ? sound : functional.pad(sound, (0, missing))).unfold(2, size, step);
        return (segments - segments.mean([-1], keepdim: true)).MoveToOuterDisposeScope();
    }
}
