namespace AudioCraft.Training;

/// <summary>Fisher's linear discriminant for several classes: a common covariance, shrunk towards its diagonal so that few examples suffice.</summary>
internal sealed class LinearDiscriminant
{
    private readonly double[][] _weights;
    private readonly double[] _offsets, _centre, _scale;

    private LinearDiscriminant(double[][] weights, double[] offsets, double[] centre, double[] scale) => (_weights, _offsets, _centre, _scale) = (weights, offsets, centre, scale);

    /// <param name="examples">Vectors of one length.</param>
    /// <param name="labels">0 to <paramref name="classes"/> - 1, each of them at least once.</param>
    /// <param name="classes">How many classes.</param>
    /// <param name="shrinkage">0, the covariance as it is, to 1, its diagonal alone.</param>
    public static LinearDiscriminant Fit(IReadOnlyList<float[]> examples, IReadOnlyList<int> labels, int classes, double shrinkage)
    {
        var size = examples[0].Length;
        var (centre, scale) = Standardize(examples, size);
        var means = new double[classes][];
        var counts = new int[classes];
        for (var k = 0; k < classes; k++)
        {
            means[k] = new double[size];
        }

        var rows = examples.Select(x => x.Select((v, i) => (v - centre[i]) / scale[i]).ToArray()).ToArray();
        for (var n = 0; n < rows.Length; n++)
        {
            counts[labels[n]]++;
            for (var i = 0; i < size; i++)
            {
                means[labels[n]][i] += rows[n][i];
            }
        }

        for (var k = 0; k < classes; k++)
        {
            if (counts[k] == 0)
            {
                throw new ArgumentException($"Class {k} of {classes} has no example.", nameof(labels));
            }

            for (var i = 0; i < size; i++)
            {
                means[k][i] /= counts[k];
            }
        }

        var covariance = Covariance(rows, labels, means, size, shrinkage);
        Cholesky(covariance);
        var weights = means.Select(mean => Solve(covariance, mean)).ToArray();
        var offsets = means.Select((mean, k) => -0.5 * mean.Zip(weights[k], (a, b) => a * b).Sum()).ToArray();
        return new LinearDiscriminant(weights, offsets, centre, scale);
    }

    /// <summary>The most likely class.</summary>
    public int Classify(float[] example)
    {
        var (best, highest) = (0, double.NegativeInfinity);
        for (var k = 0; k < _weights.Length; k++)
        {
            var score = _offsets[k];
            for (var i = 0; i < example.Length; i++)
            {
                // What lies far outside of all examples should not outvote everything else.
                score += _weights[k][i] * Math.Clamp((example[i] - _centre[i]) / _scale[i], -4, 4);
            }

            (best, highest) = score > highest ? (k, score) : (best, highest);
        }

        return best;
    }

    private static (double[] Centre, double[] Scale) Standardize(IReadOnlyList<float[]> examples, int size)
    {
        var (centre, scale) = (new double[size], new double[size]);
        for (var i = 0; i < size; i++)
        {
            centre[i] = examples.Average(x => (double)x[i]);
            scale[i] = Math.Sqrt(examples.Average(x => (x[i] - centre[i]) * (x[i] - centre[i]))) + 1e-3;
        }

        return (centre, scale);
    }

    private static double[][] Covariance(double[][] rows, IReadOnlyList<int> labels, double[][] means, int size, double shrinkage)
    {
        var covariance = new double[size][];
        var centred = rows.Select((row, n) => row.Zip(means[labels[n]], (a, b) => a - b).ToArray()).ToArray();
        Parallel.For(0, size, i =>
        {
            var line = new double[i + 1];
            foreach (var row in centred)
            {
                var x = row[i];
                for (var j = 0; j <= i; j++)
                {
                    line[j] += x * row[j];
                }
            }

            for (var j = 0; j <= i; j++)
            {
                line[j] *= (j == i ? 1 : 1 - shrinkage) / rows.Length;
            }

            line[i] += 1e-3 + 0.02 * shrinkage;
            covariance[i] = line;
        });
        return covariance;
    }

    /// <summary>The lower triangle becomes its Cholesky factor.</summary>
    private static void Cholesky(double[][] a)
    {
        for (var i = 0; i < a.Length; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var sum = a[i][j];
                for (var k = 0; k < j; k++)
                {
                    sum -= a[i][k] * a[j][k];
                }

                a[i][j] = i == j ? Math.Sqrt(sum) : sum / a[j][j];
            }
        }
    }

    private static double[] Solve(double[][] factor, double[] right)
    {
        var x = (double[])right.Clone();
        for (var i = 0; i < x.Length; i++)
        {
            for (var k = 0; k < i; k++)
            {
                x[i] -= factor[i][k] * x[k];
            }

            x[i] /= factor[i][i];
        }

        for (var i = x.Length - 1; i >= 0; i--)
        {
            for (var k = i + 1; k < x.Length; k++)
            {
                x[i] -= factor[k][i] * x[k];
            }

            x[i] /= factor[i][i];
        }

        return x;
    }
}
