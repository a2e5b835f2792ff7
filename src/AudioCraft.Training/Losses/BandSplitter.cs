using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>Splits audio into bands that add up to it, with edges equally spaced on the mel scale: julius' <c>SplitBands</c>, windowed-sinc low passes and their differences.</summary>
internal sealed class BandSplitter : IDisposable
{
    /// <summary>Zero crossings of the longest filter on each side, and as many half periods of the lowest edge.</summary>
    private const int Zeros = 8;

    private readonly int half;
    private readonly FixedTensor? filters;

    /// <param name="sampleRate">In hertz.</param>
    /// <param name="bands">Number of bands.</param>
    public BandSplitter(int sampleRate, int bands)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sampleRate, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(bands, 1);
        Bands = bands;
        if (bands > 1)
        {
            var edges = MelScale.Space(0, sampleRate / 2.0, bands + 1)[1..^1].Select(hertz => hertz / sampleRate).ToArray();
            half = checked((int)(Zeros / edges[0] / 2));
            filters = new FixedTensor(() => Filters(edges));
        }
    }

    /// <summary>Number of bands.</summary>
    public int Bands { get; }

    /// <summary>[N, T] → [bands, N, T].</summary>
    public Tensor Split(Tensor signals)
    {
        if (filters is null)
        {
            return signals.unsqueeze(0);
        }

        using var scope = NewDisposeScope();
        var padded = functional.pad(signals.unsqueeze(1), (half, half), PaddingModes.Replicate);
        var lows = functional.conv1d(padded, filters.Like(signals)).transpose(0, 1);
        var below = cat([zeros_like(signals).unsqueeze(0), lows], 0);
        return (cat([lows, signals.unsqueeze(0)], 0) - below).MoveToOuterDisposeScope();
    }

    public void Dispose() => filters?.Dispose();

    private Tensor Filters(double[] edges)
    {
        var size = (2 * half) + 1;
        var values = new float[edges.Length * size];
        for (var i = 0; i < edges.Length; i++)
        {
            var filter = new double[size];
            for (var n = 0; n < size; n++)
            {
                var window = half == 0 ? 1 : 0.5 - (0.5 * Math.Cos(Math.PI * n / half));
                var phase = 2 * edges[i] * Math.PI * (n - half);
                filter[n] = window * (phase == 0 ? 1 : Math.Sin(phase) / phase);
            }

            var sum = filter.Sum();
            for (var n = 0; n < size; n++)
            {
                values[(i * size) + n] = (float)(filter[n] / sum);
            }
        }

        return tensor(values, [edges.Length, 1, size]);
    }
}
