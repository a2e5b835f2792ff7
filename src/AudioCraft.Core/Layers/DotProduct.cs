using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace AudioCraft.Layers;

/// <summary>
/// Products of a row of weights, in several element types, with one row of activations or with two that share the reading of the weights.
/// With 512-bit vectors where the processor has them, else with those of <see cref="Vector{T}"/>.
/// </summary>
internal static unsafe class DotProduct
{
    /// <summary>float32 weights with one row.</summary>
    public static float One(float* w, float* a, int width) => Of<Float32>((byte*)w, a, width);

    /// <summary>float32 weights with two rows.</summary>
    public static (float First, float Second) Two(float* w, float* a, float* b, int width) => Of<Float32>((byte*)w, a, b, width);

    /// <summary>bfloat16 weights with one row.</summary>
    public static float One(ushort* w, float* a, int width) => Of<BFloat16>((byte*)w, a, width);

    /// <summary>bfloat16 weights with two rows.</summary>
    public static (float First, float Second) Two(ushort* w, float* a, float* b, int width) => Of<BFloat16>((byte*)w, a, b, width);

    private static float Of<TReader>(byte* w, float* a, int width)
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

    private static (float First, float Second) Of<TReader>(byte* w, float* a, float* b, int width)
        where TReader : IWeightReader
    {
        var (i, first, second) = (0, 0f, 0f);
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<float> a0 = default, a1 = default, b0 = default, b1 = default;
            for (; i + 32 <= width; i += 32)
            {
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

    /// <summary>How weights of an element type become float32. Indexes count elements.</summary>
    private interface IWeightReader
    {
        static abstract Vector512<float> Load512(byte* row, int index);

        static abstract void Load(byte* row, int index, out Vector<float> first, out Vector<float> second);

        static abstract float Load(byte* row, int index);
    }

    private readonly struct Float32 : IWeightReader
    {
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
