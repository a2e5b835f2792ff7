using TorchSharp;
using static TorchSharp.torch;

namespace AudioGenTiny.Recipe;

/// <summary>Fisher's linear discriminant for several classes, with a common covariance that is shrunk toward its diagonal so that few examples suffice.</summary>
internal sealed class LinearDiscriminant
{
    /// <summary>Standardized values are limited to this range, so that a single outlier does not decide.</summary>
    private const double Limit = 4;

    private static readonly Scalar Least = 1e-3, MinusHalf = -0.5;

    private readonly double[][] weights;
    private readonly double[] offsets, means, scales;

    private LinearDiscriminant(double[][] weights, double[] offsets, double[] means, double[] scales) => (this.weights, this.offsets, this.means, this.scales) = (weights, offsets, means, scales);

    /// <param name="examples">Vectors of one length.</param>
    /// <param name="labels">0 to <paramref name="classes"/> - 1, each at least once.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="shrinkage">0 (the full covariance) to 1 (its diagonal only).</param>
    public static LinearDiscriminant Fit(IReadOnlyList<float[]> examples, IReadOnlyList<int> labels, int classes, double shrinkage)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var (count, size) = (examples.Count, examples[0].Length);
        var x = tensor([.. examples.SelectMany(e => e)], [count, size]).to(ScalarType.Float64);
        var mean = x.mean([0]);
        var scale = (x - mean).pow(Scalars.Two).mean([0]).sqrt().add(Least, Scalars.One);
        x = (x - mean) / scale;

        var index = tensor([.. labels.Select(label => (long)label)]);
        var counts = bincount(index, minlength: classes);
        if (counts.argmin().item<long>() is var rarest && counts[rarest].item<long>() == 0)
        {
            throw new ArgumentException($"Class {rarest} of {classes} has no example.", nameof(labels));
        }

        var centers = zeros([classes, size], ScalarType.Float64).index_add(0, index, x, Scalars.One) / counts.unsqueeze(1);
        var deviations = x - centers.index_select(0, index);
        using Scalar number = (double)count, full = 1 - shrinkage, diagonal = shrinkage, added = 1e-3 + (0.02 * shrinkage);
        var covariance = deviations.t().matmul(deviations).div(number);
        covariance = covariance.mul(full).add(diag(diag(covariance)), diagonal).add(eye(size, dtype: ScalarType.Float64), added);

        // Σ w = μ for each class, by the Cholesky factor of Σ = L Lᵀ.
        var factor = linalg.cholesky(covariance);
        var half = linalg.solve_triangular(factor, centers.t(), upper: false);
        var weights = linalg.solve_triangular(factor.t(), half, upper: true).t().contiguous();
        var offsets = (centers * weights).sum(1).mul(MinusHalf);
        var flat = weights.data<double>().ToArray();
        return new LinearDiscriminant([.. flat.Chunk(size)], offsets.data<double>().ToArray(), mean.data<double>().ToArray(), scale.data<double>().ToArray());
    }

    /// <summary>The most likely class.</summary>
    public int Classify(float[] example)
    {
        var (best, highest) = (0, double.NegativeInfinity);
        for (var k = 0; k < weights.Length; k++)
        {
            var score = offsets[k];
            for (var i = 0; i < example.Length; i++)
            {
                score += weights[k][i] * Math.Clamp((example[i] - means[i]) / scales[i], -Limit, Limit);
            }

            (best, highest) = score > highest ? (k, score) : (best, highest);
        }

        return best;
    }
}
