using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>
/// Loudness of the difference relative to the reference, in decibels, in each segment, added up with softmax weights
/// (<c>TLoudnessRatio</c> in audiocraft/losses/loudnessloss.py). As upstream, the softmax runs over every
/// B-th value of all items rather than over each item: in batches of more than one, items influence each other.
/// </summary>
public sealed class TLoudnessRatioLoss : AudioLoss
{
    private readonly int frame;
    private readonly int stride;
    private readonly DifferentiableLoudness loudness;

    /// <summary>Creates the filters.</summary>
    /// <param name="sampleRate">In hertz, at least 3001.</param>
    /// <param name="segment">Seconds of a segment, at least 0.4.</param>
    /// <param name="overlap">Overlap of consecutive segments, 0 to less than 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public TLoudnessRatioLoss(int sampleRate = 16000, double segment = 0.5, double overlap = 0.5) : base(nameof(TLoudnessRatioLoss))
    {
        if (!(overlap >= 0) || !(overlap < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(overlap), overlap, "The overlap is at least 0 and less than 1.");
        }

        loudness = new DifferentiableLoudness(sampleRate);
        var samples = segment * sampleRate;
        if (!(samples >= loudness.BlockSamples) || samples > int.MaxValue)
        {
            throw new ArgumentOutOfRangeException(nameof(segment), segment, "A segment has at least the 0.4 s of a block of loudness.");
        }

        frame = (int)samples;
        stride = (int)(frame * (1 - overlap));
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1, nameof(overlap));
        RegisterComponents();
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor output, Tensor reference)
    {
        AudioShape.Check(output, nameof(output), channels: 1);
        var ratio = (Loudness(output - reference) - Loudness(reference)).reshape(-1, output.size(0));
        return (ratio.softmax(0) * ratio).sum();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            loudness.Dispose();
        }

        base.Dispose(disposing);
    }

    // [B, 1, T] → [B · segments]; the last segment is padded with zeros.
    private Tensor Loudness(Tensor sound)
    {
        var count = (sound.size(2) + stride - 1) / stride;
        var missing = ((count - 1) * stride) + frame - sound.size(2);
        return loudness.Integrated(functional.pad(sound, (0, missing)).unfold(2, frame, stride).reshape(-1, 1, frame));
    }
}
