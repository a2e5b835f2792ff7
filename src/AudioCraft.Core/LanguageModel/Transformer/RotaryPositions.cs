using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>
/// Rotary positions (RoFormer, Su et al. 2021; audiocraft/modules/rope.py): adjacent pairs of elements of a query or key are rotated by an angle
/// proportional to the position. With xPos (Sun et al. 2022) queries also decay with their position and keys grow.
/// </summary>
internal sealed class RotaryPositions : IDisposable
{
    private const double XPosSmoothing = 0.4;
    private const double XPosBase = 512;
    private readonly Rotation all;

    private RotaryPositions(Rotation all) => this.all = all;

    /// <summary>Creates the rotations of the positions 0 to <paramref name="count"/> - 1.</summary>
    /// <param name="count">Number of positions.</param>
    /// <param name="config">The model's configuration: head size, period, scale and decay.</param>
    /// <param name="padding">Number of padding positions at the start of each row, which do not count; null without padding.</param>
    /// <param name="device">Device of the tensors.</param>
    public static RotaryPositions Create(long count, LMConfig config, IReadOnlyList<long>? padding, Device device)
    {
        using var scope = NewDisposeScope();
        long size = config.Dim / config.NumHeads;
        using Scalar period = config.MaxPeriod, width = (double)size, pairs = size / 2.0, two = 2;
        var pairIndexes = Ramp.Create(0, size / 2, ScalarType.Float32, device);
        var exponents = pairIndexes.mul(two).div(width);
        var frequencies = full([size / 2], period, dtype: ScalarType.Float32, device: device).pow(exponents).reciprocal();
        var steps = Ramp.Create(0, count, ScalarType.Float32, device).unsqueeze(1);
        var angles = steps * frequencies;
        var (cosines, sines) = (angles.cos(), angles.sin());
        Tensor? decay = null;
        if (config.XPos)
        {
            using Scalar smoothing = XPosSmoothing, norm = 1 + XPosSmoothing, xPosBase = XPosBase;
            var rates = pairIndexes.div(pairs).add(smoothing, Scalars.One).div(norm);
            decay = rates.pow(steps.div(xPosBase));
        }

        Tensor Part(Tensor table, double rest, Tensor? factor)
        {
            using Scalar scale = config.PositionalScale, shift = rest;
            var scaled = (factor is null ? table : table * factor).mul(scale).add(shift, Scalars.One);
            return PaddedRows.Shift(scaled, padding).unsqueeze(1).DetachFromDisposeScope();
        }

        var identity = 1 - config.PositionalScale;
        var growth = decay?.reciprocal();
        return new RotaryPositions(new Rotation(
            Part(cosines, identity, decay), Part(sines, 0, decay), Part(cosines, identity, growth), Part(sines, 0, growth)));
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
    /// <summary>[B, heads, T, head size] → the same, rotated.</summary>
    public Tensor Query(Tensor query) => Rotate(query, QueryReal, QueryImaginary);

    /// <summary>[B, heads, T, head size] → the same, rotated.</summary>
    public Tensor Key(Tensor key) => Rotate(key, KeyReal, KeyImaginary);

    private static Tensor Rotate(Tensor x, Tensor real, Tensor imaginary)
    {
        using var scope = NewDisposeScope();
        var shape = x.shape;
        var pairs = x.to(ScalarType.Float32).reshape(shape[0], shape[1], shape[2], shape[3] / 2, 2);
        var (a, b) = (pairs.select(-1, 0), pairs.select(-1, 1));
        var rotated = stack([(a * real) - (b * imaginary), (a * imaginary).add(b * real, Scalars.One)], -1);
        return rotated.reshape(shape).to(x.dtype).MoveToOuterDisposeScope();
    }
}
