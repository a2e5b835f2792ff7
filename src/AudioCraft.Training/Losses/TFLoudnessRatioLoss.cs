using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>
/// Loudness of the difference relative to the reference, in decibels, in each band and segment, averaged with softmax weights: AudioSeal's loss
/// (San Roman et al. 2024, section 3.3; <c>TFLoudnessRatio</c> in audiocraft/losses/loudnessloss.py). As upstream, the softmax runs over every
/// B-th value of all items rather than over each item: in batches of more than one, items influence each other.
/// </summary>
public sealed class TFLoudnessRatioLoss : AudioLoss
{
    private readonly int frame;
    private readonly int stride;
    private readonly double temperature;
    private readonly BandSplitter splitter;
    private readonly DifferentiableLoudness loudness;

    /// <summary>Creates the filters.</summary>
    /// <param name="sampleRate">In hertz, at least 3001.</param>
    /// <param name="segment">Seconds of a segment, at least 0.4.</param>
    /// <param name="overlap">Overlap of consecutive segments, 0 to less than 1.</param>
    /// <param name="nBands">Bands, at least 1.</param>
    /// <param name="temperature">Temperature of the softmax.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public TFLoudnessRatioLoss(int sampleRate = 16000, double segment = 0.5, double overlap = 0.5, int nBands = 8, double temperature = 1.0)
        : base(nameof(TFLoudnessRatioLoss))
    {
        if (!(overlap >= 0) || !(overlap < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(overlap), overlap, "The overlap is at least 0 and less than 1.");
        }

        if (!(temperature > 0) || !double.IsFinite(temperature))
        {
            throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "The temperature is finite and above 0.");
        }

        loudness = new DifferentiableLoudness(sampleRate);
        splitter = new BandSplitter(sampleRate, nBands);
        var samples = segment * sampleRate;
        if (!(samples >= loudness.BlockSamples) || samples > int.MaxValue)
        {
            throw new ArgumentOutOfRangeException(nameof(segment), segment, "A segment has at least the 0.4 s of a block of loudness.");
        }

        frame = (int)samples;
        stride = (int)(frame * (1 - overlap));
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1, nameof(overlap));
        this.temperature = temperature;
        RegisterComponents();
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor output, Tensor reference)
    {
        AudioShape.Check(output, nameof(output), channels: 1);
        var want = splitter.Split(reference.squeeze(1));
        var difference = splitter.Split(output.squeeze(1)) - want;
        var ratio = (Loudness(difference) - Loudness(want)).reshape(-1, output.size(0));
        using Scalar divisor = temperature;
        return (ratio.div(divisor).softmax(0) * ratio).mean();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            splitter.Dispose();
            loudness.Dispose();
        }

        base.Dispose(disposing);
    }

    // [bands, B, T] → [bands · B · segments, blocks]; the last segment is padded with zeros.
    private Tensor Loudness(Tensor bands)
    {
        var count = (bands.size(2) + stride - 1) / stride;
        var missing = ((count - 1) * stride) + frame - bands.size(2);
        return loudness.OfBlocks(functional.pad(bands, (0, missing)).unfold(2, frame, stride).reshape(-1, 1, frame));
    }
}
