using AudioCraft.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Compression;

/// <summary>
/// Joins pieces that overlap: each is weighted by a triangle, and every sample is divided by the weights that met there, so that one piece fades into the next
/// and a sample that only one piece covers stays as it is (encodec/utils.py).
/// </summary>
internal static class OverlapAdd
{
    /// <summary>Joins [..., T] pieces that start <paramref name="stride"/> samples apart. None is longer than the first, whose length the triangle has.</summary>
    /// <returns>[..., T] up to where the last of them ends. The caller owns it.</returns>
    /// <remarks>Frames are whole, so the last piece can end a little before the one ahead of it. Upstream breaks off there; here the longer one decides.</remarks>
    /// <exception cref="ArgumentException">There is no piece, one is longer than the first, shapes differ otherwise, or the pieces leave a gap.</exception>
    public static Tensor Join(IReadOnlyList<Tensor> pieces, int stride)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        var total = CoveredBy(pieces, stride);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var first = pieces[0];
        var weight = Triangle(first.size(-1), first.dtype, first.device);
        var weights = zeros([total], first.dtype, first.device);
        var joined = zeros([.. first.shape[..^1], total], first.dtype, first.device);
        for (var i = 0; i < pieces.Count; i++)
        {
            using var inner = NewDisposeScope();
            var length = pieces[i].size(-1);
            var ramp = weight.narrow(0, 0, length);
            joined.narrow(-1, (long)i * stride, length).add_(ramp * pieces[i]);
            weights.narrow(0, (long)i * stride, length).add_(ramp);
        }

        return joined.div_(weights).MoveToOuterDisposeScope();
    }

    /// <summary>Rises from just above 0 to ½ in the middle and falls again.</summary>
    private static Tensor Triangle(long length, ScalarType type, Device device)
    {
        var time = linspace(0, 1, length + 2, dtype: type, device: device).narrow(0, 1, length);
        return 0.5f - (time - 0.5f).abs();
    }

    private static long CoveredBy(IReadOnlyList<Tensor> pieces, int stride)
    {
        if (pieces.Count == 0)
        {
            throw new ArgumentException("There is nothing to join.", nameof(pieces));
        }

        var shape = pieces[0].shape;
        var covered = 0L;
        for (var i = 0; i < pieces.Count; i++)
        {
            var own = pieces[i].shape;
            if (own.Length != shape.Length || !own.AsSpan(0, own.Length - 1).SequenceEqual(shape.AsSpan(0, shape.Length - 1)) || own[^1] > shape[^1])
            {
                throw new ArgumentException($"Piece {i} has shape {TensorChecks.Text(own)}, which does not follow {TensorChecks.Text(shape)}.", nameof(pieces));
            }

            var start = (long)i * stride;
            if (start > covered || own[^1] == 0)
            {
                throw new ArgumentException($"Piece {i} starts at {start}, but the pieces before it end at {covered}.", nameof(pieces));
            }

            covered = Math.Max(covered, start + own[^1]);
        }

        return covered;
    }
}
