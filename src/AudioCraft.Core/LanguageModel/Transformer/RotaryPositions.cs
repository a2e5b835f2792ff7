using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>
/// Rotary positions (RoFormer, Su et al. 2021; audiocraft/modules/rope.py): neighbouring pairs of a query's or key's numbers are turned by an angle
/// proportional to their position. With xPos (Sun et al. 2022) queries shrink with their position and keys grow with theirs.
/// </summary>
internal sealed class RotaryPositions : IDisposable
{
    private const double XPosSmoothing = 0.4;
    private const double XPosBase = 512;
    private readonly Rotation all;

    private RotaryPositions(Rotation all) => this.all = all;

    /// <summary>The rotations of positions 0 to <paramref name="count"/> for heads of a size; its tensors belong to it.</summary>
    /// <param name="count">Positions.</param>
    /// <param name="config">Period, scale and decay of the rotation.</param>
    /// <param name="padding">For each row, how many positions at its start hold nothing, so that it counts from after them; null where none do.</param>
    /// <param name="device">Where the tensors live.</param>
    public static RotaryPositions Create(long count, LMConfig config, IReadOnlyList<long>? padding, Device device)
    {
        using var scope = NewDisposeScope();
        long size = config.Dim / config.NumHeads;
        var exponents = arange(0, size, 2, dtype: ScalarType.Float32, device: device) / (double)size;
        var frequencies = full([size / 2], config.MaxPeriod, dtype: ScalarType.Float32, device: device).pow(exponents).reciprocal();
        var steps = arange(count, dtype: ScalarType.Float32, device: device).unsqueeze(1);
        var angles = steps * frequencies;
        var (cosines, sines) = (angles.cos(), angles.sin());
        Tensor? decay = null;
        if (config.XPos)
        {
            var rates = ((arange(size / 2, dtype: ScalarType.Float32, device: device) / (size / 2.0)) + XPosSmoothing) / (1 + XPosSmoothing);
            decay = rates.pow(steps / XPosBase);
        }

        Tensor Part(Tensor turn, double rest, Tensor? factor)
        {
            var scaled = ((factor is null ? turn : turn * factor) * config.PositionalScale) + rest;
            return PaddedRows.Shift(scaled, padding).unsqueeze(1).DetachFromDisposeScope();
        }

        var unturned = 1 - config.PositionalScale;
        var growth = decay?.reciprocal();
        return new RotaryPositions(new Rotation(
            Part(cosines, unturned, decay), Part(sines, 0, decay), Part(cosines, unturned, growth), Part(sines, 0, growth)));
    }

    /// <summary>The rotations of <paramref name="count"/> positions from <paramref name="start"/>. Views.</summary>
    public Rotation Narrow(long start, long count) => new(
        all.QueryReal.narrow(2, start, count), all.QueryImaginary.narrow(2, start, count),
        all.KeyReal.narrow(2, start, count), all.KeyImaginary.narrow(2, start, count));

    public void Dispose()
    {
        all.QueryReal.Dispose();
        all.QueryImaginary.Dispose();
        all.KeyReal.Dispose();
        all.KeyImaginary.Dispose();
    }
}

/// <summary>Complex factors [B or 1, 1, T, head size / 2] for queries and keys, in float32.</summary>
internal readonly record struct Rotation(Tensor QueryReal, Tensor QueryImaginary, Tensor KeyReal, Tensor KeyImaginary)
{
    /// <summary>[B, heads, T, head size] → the same, turned.</summary>
    public Tensor Query(Tensor query) => Turn(query, QueryReal, QueryImaginary);

    /// <summary>[B, heads, T, head size] → the same, turned.</summary>
    public Tensor Key(Tensor key) => Turn(key, KeyReal, KeyImaginary);

    private static Tensor Turn(Tensor x, Tensor real, Tensor imaginary)
    {
        using var scope = NewDisposeScope();
        var shape = x.shape;
        var pairs = x.to(ScalarType.Float32).reshape(shape[0], shape[1], shape[2], shape[3] / 2, 2);
        var (a, b) = (pairs.select(-1, 0), pairs.select(-1, 1));
        var turned = stack([(a * real) - (b * imaginary), (a * imaginary) + (b * real)], -1);
        return turned.reshape(shape).to(x.dtype).MoveToOuterDisposeScope();
    }
}
