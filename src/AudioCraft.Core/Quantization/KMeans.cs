using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Quantization;

/// <summary>Lloyd's algorithm, which initializes a codebook (audiocraft/quantization/core_vq.py).</summary>
internal static class KMeans
{
    /// <summary>Distances computed at a time: 16 MiB of float32, whatever the number of samples.</summary>
    private const long DistancesAtATime = 1 << 22;

    /// <summary>Clusters samples.</summary>
    /// <param name="samples">[N, D].</param>
    /// <param name="initial">Which samples are the first centers: [C], int64 on any device.</param>
    /// <param name="iterations">At least 0.</param>
    /// <returns>The centers [C, D], and the number of samples of each at its last update, [C], int64. The caller owns both.</returns>
    public static (Tensor Means, Tensor Counts) Cluster(Tensor samples, Tensor initial, int iterations)
    {
        using var scope = NewDisposeScope();
        var means = samples.index_select(0, initial.to(samples.device));
        var clusters = means.size(0);
        Tensor? counts = null;
        for (var i = 0; i < iterations; i++)
        {
            using var step = NewDisposeScope();
            var nearest = Assign(samples, means);
            var members = nearest.bincount(null, clusters);
            var sums = zeros_like(means).index_add_(0, nearest, samples, Scalars.One);
            var size = members.clamp_min(Scalars.One).unsqueeze(1).to(means.dtype);

            // A center without samples is unchanged.
            var moved = where(members.eq(Scalars.Zero).unsqueeze(1), means, sums / size);
            means.Dispose();
            counts?.Dispose();
            (means, counts) = (moved.MoveToOuterDisposeScope(), members.MoveToOuterDisposeScope());
        }

        counts ??= Assign(samples, means).bincount(null, clusters);
        return (means.MoveToOuterDisposeScope(), counts.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// The nearest center of each sample. Distances are summed from the differences rather than by a matrix product: equal centers, which occur with fewer samples
    /// than centers, must have equal distances so that the first of them is chosen.
    /// </summary>
    private static Tensor Assign(Tensor samples, Tensor means)
    {
        using var scope = NewDisposeScope();
        var count = samples.size(0);
        var chunk = Math.Max(1, DistancesAtATime / means.size(0));
        var nearest = new List<Tensor>();
        for (var start = 0L; start < count; start += chunk)
        {
            using var part = samples.narrow(0, start, Math.Min(chunk, count - start));
            using var distances = cdist(part, means, 2, compute_mode.donot_use_mm_for_euclid_dist);
            nearest.Add(distances.argmin(1));
        }

        return (nearest.Count == 1 ? nearest[0] : cat(nearest, 0)).MoveToOuterDisposeScope();
    }
}
