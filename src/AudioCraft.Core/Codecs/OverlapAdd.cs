using AudioCraft.Layers;
using AudioCraft.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>
/// Joins overlapping pieces: each is weighted by a triangle, and every sample is divided by the sum of its weights, so that pieces cross-fade
/// and a sample that only one piece covers is unchanged (encodec/utils.py). It buffers only the samples that a later piece can still change.
/// </summary>
/// <remarks>Frames are whole, so the last piece can end a little before the previous one. Upstream truncates there; here the longer piece determines the length.</remarks>
internal sealed class OverlapAdd : IDisposable
{
    private readonly int stride;
    private long[] first = [];
    private long added;
    private Tensor? triangle;
    private Tensor? joined;
    private Tensor? weights;

    /// <param name="stride">Samples from the start of a piece to the start of the next, at least 1.</param>
    public OverlapAdd(int stride)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        this.stride = stride;
    }

    /// <summary>Joins [..., T] pieces that start <paramref name="stride"/> samples apart. None is longer than the first, which sets the length of the triangle.</summary>
    /// <returns>[..., T] up to where the last of them ends. The caller owns it.</returns>
    /// <exception cref="ArgumentException">There is no piece, one is longer than the first, other sizes differ, or there is a gap between pieces.</exception>
    public static Tensor Join(IReadOnlyList<Tensor> pieces, int stride)
    {
        using var scope = NewDisposeScope();
        using var overlap = new OverlapAdd(stride);
        var parts = new List<Tensor>();
        foreach (var piece in pieces)
        {
            if (overlap.Add(piece) is { } part)
            {
                parts.Add(part);
            }
        }

        parts.Add(overlap.Flush() ?? throw new ArgumentException("There is nothing to join.", nameof(pieces)));
        return cat(parts, -1).MoveToOuterDisposeScope();
    }

    /// <summary>Adds the next piece, which starts a stride after the previous one.</summary>
    /// <param name="piece">[..., T], not longer than the first, with otherwise the same shape. The caller keeps ownership.</param>
    /// <returns>The samples up to its start that were not returned yet, [..., stride], or null for the first piece. The caller owns them.</returns>
    /// <exception cref="ArgumentException">The shape is invalid, or the piece starts after the end of the previous ones.</exception>
    public Tensor? Add(Tensor piece)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var covered = joined?.size(-1) ?? 0;
        Check(piece.shape, covered);
        var length = piece.size(-1);
        triangle ??= Triangle(length, piece.dtype, piece.device).DetachFromDisposeScope();
        var passed = joined is null ? 0 : stride;
        var left = covered - passed;
        var sum = zeros([.. first[..^1], Math.Max(left, length)], piece.dtype, piece.device);
        var weight = zeros([Math.Max(left, length)], piece.dtype, piece.device);
        if (left > 0)
        {
            sum.narrow(-1, 0, left).copy_(joined!.narrow(-1, passed, left));
            weight.narrow(0, 0, left).copy_(weights!.narrow(0, passed, left));
        }

        var ramp = triangle.narrow(0, 0, length);
        sum.narrow(-1, 0, length).add_(ramp * piece, Scalars.One);
        weight.narrow(0, 0, length).add_(ramp, Scalars.One);
        var done = passed == 0 ? null : joined!.narrow(-1, 0, passed) / weights!.narrow(0, 0, passed);
        Replace(sum.DetachFromDisposeScope(), weight.DetachFromDisposeScope());
        added++;
        return done?.MoveToOuterDisposeScope();
    }

    /// <summary>Ends the sequence of pieces.</summary>
    /// <returns>The samples that were not returned yet, or null if there was no piece. The caller owns them.</returns>
    public Tensor? Flush()
    {
        using var guard = no_grad();
        var rest = joined is null ? null : joined / weights!;
        Replace(null, null);
        return rest;
    }

    public void Dispose()
    {
        Replace(null, null);
        triangle?.Dispose();
        triangle = null;
    }

    /// <summary>Rises from just above 0 to ½ in the middle and falls again.</summary>
    private static Tensor Triangle(long length, ScalarType type, Device device)
    {
        var time = linspace(0, 1, length + 2, dtype: type, device: device).narrow(0, 1, length);
        using var half = full_like(time, Scalars.Half);
        return half - (time - half).abs();
    }

    private void Replace(Tensor? sum, Tensor? weight)
    {
        joined?.Dispose();
        weights?.Dispose();
        (joined, weights) = (sum, weight);
    }

    private void Check(long[] own, long covered)
    {
        if (added == 0)
        {
            first = own;
        }

        if (own.Length != first.Length || !own.AsSpan(0, own.Length - 1).SequenceEqual(first.AsSpan(0, first.Length - 1)) || own[^1] > first[^1])
        {
            throw new ArgumentException($"Piece {added} has shape {TensorChecks.Text(own)}, which does not match the first, {TensorChecks.Text(first)}.");
        }

        if (own[^1] == 0 || added > 0 && covered < stride)
        {
            var before = Math.Max(0, added - 1) * stride;
            throw new ArgumentException(
                $"Piece {added} has {own[^1]} samples and starts at {added * stride}, but the pieces before it end at {before + covered}.");
        }
    }
}
