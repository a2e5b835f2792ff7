using System.Numerics;

namespace AudioCraft.Kernels;

/// <summary>
/// Attention of one query of one head, <c>softmax(q Kᵀ / √size + mask) V</c>, in float32. Each key and value is read once, so the memory bandwidth limits the speed.
/// libtorch's attention is several times slower for a single query.
/// </summary>
internal static unsafe class AttentionKernel
{
    /// <summary>Computes the attention of one query.</summary>
    /// <param name="q">The query [size].</param>
    /// <param name="k">The keys [count, size].</param>
    /// <param name="v">The values [count, size].</param>
    /// <param name="mask">Added to the scores [count], or null.</param>
    /// <param name="y">Receives the result [size].</param>
    /// <param name="scores">Working space for <paramref name="count"/> values.</param>
    /// <param name="size">Size of a head.</param>
    /// <param name="count">Number of keys, at least 1.</param>
    public static void Attend(float* q, float* k, float* v, float* mask, float* y, float* scores, int size, int count)
    {
        Score(q, k, mask, scores, size, count);
        WeightedSum(v, scores, Softmax(scores, count), y, size, count);
    }

    // Four keys share each load of the query, and their sums are independent, which hides the latency of additions.
    private static void Score(float* q, float* k, float* mask, float* scores, int size, int count)
    {
        var scale = 1 / MathF.Sqrt(size);
        var step = 0;
        for (; step + 4 <= count; step += 4, k += 4L * size)
        {
            Vector<float> s0 = default, s1 = default, s2 = default, s3 = default;
            float r0 = 0, r1 = 0, r2 = 0, r3 = 0;
            var i = 0;
            for (; i + Vector<float>.Count <= size; i += Vector<float>.Count)
            {
                var own = Vector.Load(q + i);
                s0 = Vector.FusedMultiplyAdd(own, Vector.Load(k + i), s0);
                s1 = Vector.FusedMultiplyAdd(own, Vector.Load(k + size + i), s1);
                s2 = Vector.FusedMultiplyAdd(own, Vector.Load(k + (2 * size) + i), s2);
                s3 = Vector.FusedMultiplyAdd(own, Vector.Load(k + (3 * size) + i), s3);
            }

            for (; i < size; i++)
            {
                (r0, r1, r2, r3) = (r0 + (q[i] * k[i]), r1 + (q[i] * k[size + i]), r2 + (q[i] * k[(2 * size) + i]), r3 + (q[i] * k[(3 * size) + i]));
            }

            scores[step] = (Vector.Sum(s0) + r0) * scale;
            scores[step + 1] = (Vector.Sum(s1) + r1) * scale;
            scores[step + 2] = (Vector.Sum(s2) + r2) * scale;
            scores[step + 3] = (Vector.Sum(s3) + r3) * scale;
        }

        for (; step < count; step++, k += size)
        {
            var sum = 0f;
            for (var i = 0; i < size; i++)
            {
                sum += q[i] * k[i];
            }

            scores[step] = sum * scale;
        }

        for (step = 0; mask is not null && step < count; step++)
        {
            scores[step] += mask[step];
        }
    }

    /// <summary>Replaces scores by their exponentials and returns the sum of these; the division is left to <see cref="WeightedSum"/>.</summary>
    private static float Softmax(float* scores, int count)
    {
        var highest = scores[0];
        for (var i = 1; i < count; i++)
        {
            highest = MathF.Max(highest, scores[i]);
        }

        var step = 0;
        var sums = Vector<float>.Zero;
        for (; step + Vector<float>.Count <= count; step += Vector<float>.Count)
        {
            var weights = Vector.Exp(Vector.Load(scores + step) - new Vector<float>(highest));
            weights.Store(scores + step);
            sums += weights;
        }

        var sum = Vector.Sum(sums);
        for (; step < count; step++)
        {
            scores[step] = MathF.Exp(scores[step] - highest);
            sum += scores[step];
        }

        return sum;
    }

    private static void WeightedSum(float* v, float* weights, float sum, float* y, int size, int count)
    {
        var at = 0;
        for (; at + (8 * Vector<float>.Count) <= size; at += 8 * Vector<float>.Count)
        {
            WeightedSumOfEightVectors(v + at, weights, sum, y + at, size, count);
        }

        for (; at + Vector<float>.Count <= size; at += Vector<float>.Count)
        {
            var mixed = Vector<float>.Zero;
            for (var step = 0; step < count; step++)
            {
                mixed = Vector.FusedMultiplyAdd(new Vector<float>(weights[step]), Vector.Load(v + ((long)step * size) + at), mixed);
            }

            (mixed / sum).Store(y + at);
        }

        for (; at < size; at++)
        {
            var mixed = 0f;
            for (var step = 0; step < count; step++)
            {
                mixed += weights[step] * v[((long)step * size) + at];
            }

            y[at] = mixed / sum;
        }
    }

    // Eight vectors of the result stay in registers over all steps: a head of 64 with 256-bit vectors.
    private static void WeightedSumOfEightVectors(float* v, float* weights, float sum, float* y, int size, int count)
    {
        var width = Vector<float>.Count;
        Vector<float> m0 = default, m1 = default, m2 = default, m3 = default, m4 = default, m5 = default, m6 = default, m7 = default;
        for (var step = 0; step < count; step++, v += size)
        {
            var weight = new Vector<float>(weights[step]);
            m0 = Vector.FusedMultiplyAdd(weight, Vector.Load(v), m0);
            m1 = Vector.FusedMultiplyAdd(weight, Vector.Load(v + width), m1);
            m2 = Vector.FusedMultiplyAdd(weight, Vector.Load(v + (2 * width)), m2);
            m3 = Vector.FusedMultiplyAdd(weight, Vector.Load(v + (3 * width)), m3);
            m4 = Vector.FusedMultiplyAdd(weight, Vector.Load(v + (4 * width)), m4);
            m5 = Vector.FusedMultiplyAdd(weight, Vector.Load(v + (5 * width)), m5);
            m6 = Vector.FusedMultiplyAdd(weight, Vector.Load(v + (6 * width)), m6);
            m7 = Vector.FusedMultiplyAdd(weight, Vector.Load(v + (7 * width)), m7);
        }

        (m0 / sum).Store(y);
        (m1 / sum).Store(y + width);
        (m2 / sum).Store(y + (2 * width));
        (m3 / sum).Store(y + (3 * width));
        (m4 / sum).Store(y + (4 * width));
        (m5 / sum).Store(y + (5 * width));
        (m6 / sum).Store(y + (6 * width));
        (m7 / sum).Store(y + (7 * width));
    }
}
