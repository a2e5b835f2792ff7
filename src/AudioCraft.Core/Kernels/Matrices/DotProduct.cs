using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using System.Runtime.Intrinsics;

namespace AudioCraft.Kernels;

/// <summary>
/// Products of rows of weights, in several element types, with one row of activations or with two that share the loads of the weights.
/// Uses 512-bit vectors if the processor has them, otherwise <see cref="Vector{T}"/>.
/// </summary>
internal static unsafe class DotProduct
{
    /// <summary>
    /// Size in bytes from which two rows of activations leave no room for weights in the L1 cache (32 kB). Then four rows of weights share their loads,
    /// which for rows of 6144 is 1.5 times as fast in float32 and twice as fast in bfloat16.
    /// </summary>
    private const int WideActivations = 20 << 10;

    /// <summary>Distance of the prefetch of narrow weights into the L2 cache; L1 is too small for the latency of the memory.</summary>
    private const int PrefetchDistance = 8192;

    /// <summary>
    /// Computes the outputs <paramref name="from"/> to <paramref name="to"/> (exclusive) of float32 weights with <paramref name="width"/> columns for <paramref name="rows"/> of
    /// <paramref name="x"/>: <c>y[row · stride + output]</c>.
    /// </summary>
    public static void Multiply(float* w, float* x, int rows, int width, float* y, int stride, int from, int to) =>
        Multiply<Float32>((byte*)w, x, rows, width, y, stride, from, to);

    /// <summary>Computes the outputs <paramref name="from"/> to <paramref name="to"/> (exclusive) of bfloat16 weights.</summary>
    public static void Multiply(ushort* w, float* x, int rows, int width, float* y, int stride, int from, int to) =>
        Multiply<BFloat16>((byte*)w, x, rows, width, y, stride, from, to);

    private static void Multiply<TReader>(byte* w, float* x, int rows, int width, float* y, int stride, int from, int to)
        where TReader : IWeightReader
    {
        var bytes = (long)width * TReader.Size;
        var o = from;
        if (Vector512.IsHardwareAccelerated && rows > 1 && 2L * width * sizeof(float) >= WideActivations)
        {
            for (; o + 4 <= to; o += 4)
            {
                var row = 0;
                for (; row + 1 < rows; row += 2)
                {
                    FourWeightRowsTwoInputRows<TReader>(w + (o * bytes), x + ((long)row * width), width, y + ((long)row * stride) + o, stride);
                }

                for (var own = o; row < rows && own < o + 4; own++)
                {
                    y[((long)row * stride) + own] = OneRow<TReader>(w + (own * bytes), x + ((long)row * width), width);
                }
            }
        }

        for (; o < to; o++)
        {
            var row = 0;
            for (; row + 1 < rows; row += 2)
            {
                (y[((long)row * stride) + o], y[((long)(row + 1) * stride) + o]) =
                    TwoRows<TReader>(w + (o * bytes), x + ((long)row * width), x + ((long)(row + 1) * width), width);
            }

            if (row < rows)
            {
                y[((long)row * stride) + o] = OneRow<TReader>(w + (o * bytes), x + ((long)row * width), width);
            }
        }
    }

    /// <summary>Four rows of weights with two rows of activations; prefetches the next four rows.</summary>
    private static void FourWeightRowsTwoInputRows<TReader>(byte* w, float* a, int width, float* y, int stride)
        where TReader : IWeightReader
    {
        var bytes = (long)width * TReader.Size;
        byte* w1 = w + bytes, w2 = w1 + bytes, w3 = w2 + bytes;
        var b = a + width;
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
        var i = 0;
        for (; i + 16 <= width; i += 16)
        {
            // A cache line holds one or two vectors of weights; a repeated prefetch costs little.
            var next = w + (4 * bytes) + ((long)i * TReader.Size);
            Sse.Prefetch1(next);
            Sse.Prefetch1(next + bytes);
            Sse.Prefetch1(next + (2 * bytes));
            Sse.Prefetch1(next + (3 * bytes));
            var (first, second) = (Vector512.Load(a + i), Vector512.Load(b + i));
            var weights = TReader.Load512(w, i);
            a0 = Vector512.FusedMultiplyAdd(weights, first, a0);
            b0 = Vector512.FusedMultiplyAdd(weights, second, b0);
            weights = TReader.Load512(w1, i);
            a1 = Vector512.FusedMultiplyAdd(weights, first, a1);
            b1 = Vector512.FusedMultiplyAdd(weights, second, b1);
            weights = TReader.Load512(w2, i);
            a2 = Vector512.FusedMultiplyAdd(weights, first, a2);
            b2 = Vector512.FusedMultiplyAdd(weights, second, b2);
            weights = TReader.Load512(w3, i);
            a3 = Vector512.FusedMultiplyAdd(weights, first, a3);
            b3 = Vector512.FusedMultiplyAdd(weights, second, b3);
        }

        var z = y + stride;
        (y[0], y[1], y[2], y[3]) = (Vector512.Sum(a0), Vector512.Sum(a1), Vector512.Sum(a2), Vector512.Sum(a3));
        (z[0], z[1], z[2], z[3]) = (Vector512.Sum(b0), Vector512.Sum(b1), Vector512.Sum(b2), Vector512.Sum(b3));
        for (; i < width; i++)
        {
            for (var row = 0; row < 4; row++)
            {
                var own = TReader.Load(w + (row * bytes), i);
                (y[row], z[row]) = (y[row] + (own * a[i]), z[row] + (own * b[i]));
            }
        }
    }

    private static float OneRow<TReader>(byte* w, float* a, int width)
        where TReader : IWeightReader
    {
        var (i, sum) = (0, 0f);
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
            for (; i + 64 <= width; i += 64)
            {
                s0 = Vector512.FusedMultiplyAdd(TReader.Load512(w, i), Vector512.Load(a + i), s0);
                s1 = Vector512.FusedMultiplyAdd(TReader.Load512(w, i + 16), Vector512.Load(a + i + 16), s1);
                s2 = Vector512.FusedMultiplyAdd(TReader.Load512(w, i + 32), Vector512.Load(a + i + 32), s2);
                s3 = Vector512.FusedMultiplyAdd(TReader.Load512(w, i + 48), Vector512.Load(a + i + 48), s3);
            }

            sum = Vector512.Sum((s0 + s1) + (s2 + s3));
        }
        else
        {
            Vector<float> s0 = default, s1 = default;
            for (; i + (2 * Vector<float>.Count) <= width; i += 2 * Vector<float>.Count)
            {
                TReader.Load(w, i, out var w0, out var w1);
                s0 = Vector.FusedMultiplyAdd(w0, Vector.Load(a + i), s0);
                s1 = Vector.FusedMultiplyAdd(w1, Vector.Load(a + i + Vector<float>.Count), s1);
            }

            sum = Vector.Sum(s0 + s1);
        }

        for (; i < width; i++)
        {
            sum += TReader.Load(w, i) * a[i];
        }

        return sum;
    }

    private static (float First, float Second) TwoRows<TReader>(byte* w, float* a, float* b, int width)
        where TReader : IWeightReader
    {
        var (i, first, second) = (0, 0f, 0f);
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<float> a0 = default, a1 = default, b0 = default, b1 = default;
            for (; i + 32 <= width; i += 32)
            {
                if (TReader.Size < sizeof(float))
                {
                    Sse.Prefetch1(w + ((long)i * TReader.Size) + PrefetchDistance);
                }

                var (w0, w1) = (TReader.Load512(w, i), TReader.Load512(w, i + 16));
                a0 = Vector512.FusedMultiplyAdd(w0, Vector512.Load(a + i), a0);
                a1 = Vector512.FusedMultiplyAdd(w1, Vector512.Load(a + i + 16), a1);
                b0 = Vector512.FusedMultiplyAdd(w0, Vector512.Load(b + i), b0);
                b1 = Vector512.FusedMultiplyAdd(w1, Vector512.Load(b + i + 16), b1);
            }

            (first, second) = (Vector512.Sum(a0 + a1), Vector512.Sum(b0 + b1));
        }
        else
        {
            Vector<float> a0 = default, a1 = default, b0 = default, b1 = default;
            for (; i + (2 * Vector<float>.Count) <= width; i += 2 * Vector<float>.Count)
            {
                TReader.Load(w, i, out var w0, out var w1);
                a0 = Vector.FusedMultiplyAdd(w0, Vector.Load(a + i), a0);
                a1 = Vector.FusedMultiplyAdd(w1, Vector.Load(a + i + Vector<float>.Count), a1);
                b0 = Vector.FusedMultiplyAdd(w0, Vector.Load(b + i), b0);
                b1 = Vector.FusedMultiplyAdd(w1, Vector.Load(b + i + Vector<float>.Count), b1);
            }

            (first, second) = (Vector.Sum(a0 + a1), Vector.Sum(b0 + b1));
        }

        for (; i < width; i++)
        {
            var own = TReader.Load(w, i);
            (first, second) = (first + (own * a[i]), second + (own * b[i]));
        }

        return (first, second);
    }

    /// <summary>Loads weights of an element type as float32. Indexes count elements.</summary>
    private interface IWeightReader
    {
        /// <summary>Size of a weight in bytes.</summary>
        static abstract int Size { get; }

        static abstract Vector512<float> Load512(byte* row, int index);

        static abstract void Load(byte* row, int index, out Vector<float> first, out Vector<float> second);

        static abstract float Load(byte* row, int index);
    }

    private readonly struct Float32 : IWeightReader
    {
        public static int Size => sizeof(float);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Load512(byte* row, int index) => Vector512.Load((float*)row + index);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Load(byte* row, int index, out Vector<float> first, out Vector<float> second)
        {
            first = Vector.Load((float*)row + index);
            second = Vector.Load((float*)row + index + Vector<float>.Count);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float Load(byte* row, int index) => ((float*)row)[index];
    }

    // A bfloat16 is the upper half of a float32.
    private readonly struct BFloat16 : IWeightReader
    {
        public static int Size => sizeof(ushort);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Load512(byte* row, int index) => Avx512F.IsSupported
            ? Vector512.ShiftLeft(Avx512F.ConvertToVector512UInt32(Vector256.Load((ushort*)row + index)), 16).AsSingle()
            : Vector512.ShiftLeft(Vector512.WidenLower(Vector256.Load((ushort*)row + index).ToVector512()), 16).AsSingle();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Load(byte* row, int index, out Vector<float> first, out Vector<float> second)
        {
            Vector.Widen(Vector.Load((ushort*)row + index), out var low, out var high);
            first = Vector.AsVectorSingle(Vector.ShiftLeft(low, 16));
            second = Vector.AsVectorSingle(Vector.ShiftLeft(high, 16));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float Load(byte* row, int index) => BitConverter.UInt32BitsToSingle((uint)((ushort*)row)[index] << 16);
    }
}
