using System.Buffers;
using System.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Kernels;

/// <summary>
/// Attention of a single step over stored keys and values, <c>softmax(q Kᵀ / √size + mask) V</c>, on a CPU in float32, at the speed at which memory delivers them:
/// each is read once, where it lies, and the heads are shared out among threads. libtorch's products take one head after the other and several times as long (benchmarks/README.md).
/// </summary>
internal static unsafe class OneStepAttention
{
    /// <summary>Below this many stored numbers, waking threads costs more than they save.</summary>
    private const long WorthThreads = 1 << 15;

    /// <summary>Whether it can be used: float32 on the CPU without gradients, keys and values contiguous, where spans can reach all of them.</summary>
    public static bool Takes(Tensor query, Tensor keys, Tensor values) =>
        !is_grad_enabled() && IsPlain(query) && IsPlain(keys) && IsPlain(values)
        && keys.numel() <= int.MaxValue / sizeof(float) && keys.is_contiguous() && values.is_contiguous();

    /// <summary>[B, heads, queries, size] → [B, heads, queries, size], each query over all <paramref name="count"/> steps. The caller owns the result.</summary>
    /// <param name="query">Queries, whose heads are those of the keys.</param>
    /// <param name="keys">[B, heads, capacity, size].</param>
    /// <param name="values">[B, heads, capacity, size].</param>
    /// <param name="start">The first stored step that is seen.</param>
    /// <param name="count">How many are seen.</param>
    /// <param name="mask">Additive, [1 or B, 1, 1, count], or null.</param>
    public static Tensor Attend(Tensor query, Tensor keys, Tensor values, long start, long count, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var dense = query.contiguous();
        var added = mask?.to(ScalarType.Float32).reshape(mask.size(0), count).contiguous();
        var result = empty_like(dense);
        var sizes = new Sizes((int)dense.size(0), (int)dense.size(1), (int)dense.size(2), (int)dense.size(3), (int)keys.size(2), (int)start, (int)count);
        float* q = Data(dense), k = Data(keys), v = Data(values), y = Data(result), m = added is null ? null : Data(added);
        var maskStride = added is null || added.size(0) == 1 ? 0 : (int)count;
        var threads = (long)sizes.Batch * sizes.Heads * count * sizes.Size < WorthThreads ? 1 : Math.Min(get_num_threads(), Environment.ProcessorCount);
        ThreadTeam.Shared.Run(threads, (part, parts) => Attend(q, k, v, m, maskStride, y, sizes, part, parts));
        GC.KeepAlive(keys);
        GC.KeepAlive(values);
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>One query of one head, in plain memory.</summary>
    /// <param name="q">The query.</param>
    /// <param name="k">Keys of the steps that are seen, one after the other.</param>
    /// <param name="v">Their values.</param>
    /// <param name="mask">What is added to each score, or null.</param>
    /// <param name="y">Gets the result.</param>
    /// <param name="scores">Room for <paramref name="count"/> numbers.</param>
    /// <param name="size">Size of a head.</param>
    /// <param name="count">Steps that are seen, at least 1.</param>
    public static void AttendHead(float* q, float* k, float* v, float* mask, float* y, float* scores, int size, int count)
    {
        Score(q, k, mask, scores, size, count);
        Mix(v, scores, Softmax(scores, count), y, size, count);
    }

    private static bool IsPlain(Tensor tensor) => tensor.dtype == ScalarType.Float32 && tensor.device_type == DeviceType.CPU;

    private static float* Data(Tensor tensor) => (float*)WeightMatrix.Data(tensor);

    private static void Attend(float* q, float* k, float* v, float* mask, int maskStride, float* y, Sizes sizes, int part, int parts)
    {
        var heads = (long)sizes.Batch * sizes.Heads;
        var scores = ArrayPool<float>.Shared.Rent(sizes.Count);
        fixed (float* own = scores)
        {
            for (var head = heads * part / parts; head < heads * (part + 1) / parts; head++)
            {
                var stored = ((head * sizes.Capacity) + sizes.Start) * sizes.Size;
                var added = mask is null ? null : mask + (head / sizes.Heads * maskStride);
                for (var i = head * sizes.Queries; i < (head + 1) * sizes.Queries; i++)
                {
                    AttendHead(q + (i * sizes.Size), k + stored, v + stored, added, y + (i * sizes.Size), own, sizes.Size, sizes.Count);
                }
            }
        }

        ArrayPool<float>.Shared.Return(scores);
    }

    // Four keys at a time share what is read of the query, and hide how long a sum over a vector takes.
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

    /// <summary>Turns scores into weights that are still to be divided by their sum, which it returns.</summary>
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

    private static void Mix(float* v, float* weights, float sum, float* y, int size, int count)
    {
        var at = 0;
        for (; at + (8 * Vector<float>.Count) <= size; at += 8 * Vector<float>.Count)
        {
            MixEight(v + at, weights, sum, y + at, size, count);
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

    // Eight vectors of a value stay in registers over all steps: with 256 bits a vector, a head of 64.
    private static void MixEight(float* v, float* weights, float sum, float* y, int size, int count)
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

    private readonly record struct Sizes(int Batch, int Heads, int Queries, int Size, int Capacity, int Start, int Count);
}
