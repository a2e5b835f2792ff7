using AudioCraft.Audio;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>
/// Differentiable loudness (ITU-R BS.1770-4; audiocraft/losses/loudnessloss.py), of blocks of 400 ms with an overlap of 75 %.
/// The filters are convolutions with their impulse responses, and clipped at ±1 as in torchaudio.
/// </summary>
internal sealed class DifferentiableLoudness : IDisposable
{
    private static readonly Scalar Offset = -0.691;

    /// <summary>Minimum energy.</summary>
    private static readonly Scalar Least = 1e-10;

    private static readonly Scalar Epsilon = STFTLoss.FloatEpsilon;
    private static readonly Scalar AbsoluteGate = -70, RelativeGate = -10, Ten = 10;
    private static readonly double[] Gains = [1, 1, 1, 1.41, 1.41];

    private readonly FixedTensor shelf;
    private readonly FixedTensor highPass;
    private readonly int step;

    /// <param name="sampleRate">In hertz.</param>
    public DifferentiableLoudness(int sampleRate)
    {
        if (sampleRate < KWeighting.MinSampleRate)
        {
            throw new ArgumentOutOfRangeException(nameof(sampleRate), sampleRate, $"Loudness needs at least {KWeighting.MinSampleRate} Hz.");
        }

        BlockSamples = (int)Math.Round(0.4 * sampleRate);
        step = (int)Math.Round(BlockSamples * (1 - 0.75));
        shelf = new FixedTensor(() => Taps(KWeighting.ImpulseResponses(sampleRate).Shelf));
        highPass = new FixedTensor(() => Taps(KWeighting.ImpulseResponses(sampleRate).HighPass));
    }

    /// <summary>Samples of a block, the minimum length of audio.</summary>
    public int BlockSamples { get; }

    /// <summary>[B, C, T] → LUFS of each block, [B, blocks], without gates; about −70 for silence.</summary>
    public Tensor OfBlocks(Tensor sound)
    {
        using var scope = NewDisposeScope();
        return Level(Energy(sound).sum(1).add(Epsilon, Scalars.One)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// [B, C, T] → LUFS of the whole, [B]: the mean energy of the blocks above −70 LUFS and above 10 LU below the mean of those.
    /// About −100 if there are none; torchaudio gives NaN.
    /// </summary>
    public Tensor Integrated(Tensor sound)
    {
        using var scope = NewDisposeScope();
        var energy = Energy(sound).sum(1);
        var levels = Level(energy.clamp_min(Least));
        var audible = levels.gt(AbsoluteGate);
        var threshold = Level(Mean(energy, audible)).add(RelativeGate, Scalars.One);
        return Level(Mean(energy, audible.logical_and(levels > threshold.unsqueeze(1)))).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        shelf.Dispose();
        highPass.Dispose();
    }

    private static Tensor Mean(Tensor energy, Tensor counted) =>
        ((energy * counted).sum(1) / counted.sum(1).clamp_min(Scalars.One)).clamp_min(Least);

    private static Tensor Level(Tensor energy) => energy.log10().mul(Ten).add(Offset, Scalars.One);

    // [B, C, blocks], weighted by channel: rear channels count more.
    private Tensor Energy(Tensor sound)
    {
        var channels = sound.size(1);
        var signals = sound.reshape(-1, 1, sound.size(2));
        var weighted = Filter(Filter(signals, shelf), highPass).view(sound.size(0), channels, -1);
        var gains = tensor(Gains.Take((int)channels).ToArray(), sound.dtype, sound.device).view(1, -1, 1);
        return weighted.pow(Scalars.Two).unfold(2, BlockSamples, step).mean([-1]) * gains;
    }

    private static Tensor Filter(Tensor signals, FixedTensor response)
    {
        var taps = response.Like(signals);
        var padded = functional.pad(signals, (taps.size(2) - 1, 0));
        return functional.conv1d(padded, taps).clamp(Scalars.MinusOne, Scalars.One);
    }

    // [1, 1, taps], the last sample of the response first.
    private static Tensor Taps(float[] response)
    {
        Array.Reverse(response);
        return tensor(response, [1, 1, response.Length]);
    }
}
