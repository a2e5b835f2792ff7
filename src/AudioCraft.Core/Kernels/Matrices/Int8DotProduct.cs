using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using System.Runtime.Intrinsics;

namespace AudioCraft.Kernels;

/// <summary>
/// Products of a row of int8 weights, with a scale for each group of <see cref="Group"/>, with int16 activations.
/// With int16 the rounding of activations is negligible beside that of the weights, and half the bytes and a third of the instructions of float32 are needed.
/// </summary>
internal static unsafe class Int8DotProduct
{
    /// <summary>Number of weights that share a scale. Rows are padded with zeros to a multiple of it.</summary>
    public const int Group = 128;

    /// <summary>Distance of the prefetch of weights into the L2 cache; the activations fill L1.</summary>
    private const int PrefetchDistance = 8192;

    /// <summary>The product of a row of weights with one row of activations.</summary>
    public static float OneRow(sbyte* w, float* scales, short* a, int groups)
    {
        var first = 0f;
        for (var group = 0; group < groups; group++, w += Group, a += Group)
        {
            first += scales[group] * Sum(w, a);
        }

        return first;
    }

    /// <summary>The products of a row of weights with two rows of activations, which share the loads of the weights.</summary>
    public static (float First, float Second) TwoRows(sbyte* w, float* scales, short* a, short* b, int groups)
    {
        if (Avx512BW.IsSupported)
        {
            return TwoRows512(w, scales, a, b, groups);
        }

        return Avx2.IsSupported ? TwoRows256(w, scales, a, b, groups) : (OneRow(w, scales, a, groups), OneRow(w, scales, b, groups));
    }

    private static (float First, float Second) TwoRows512(sbyte* w, float* scales, short* a, short* b, int groups)
    {
        Vector512<float> first = default, second = default;
        for (var group = 0; group < groups; group++, w += Group, a += Group, b += Group)
        {
            Sse.Prefetch1(w + PrefetchDistance);
            Sse.Prefetch1(w + PrefetchDistance + 64);
            Vector512<int> s = default, t = default;
            for (var i = 0; i < Group; i += 32)
            {
                var wide = Avx512BW.ConvertToVector512Int16(Vector256.Load(w + i));
                s += Avx512BW.MultiplyAddAdjacent(wide, Vector512.Load(a + i));
                t += Avx512BW.MultiplyAddAdjacent(wide, Vector512.Load(b + i));
            }

            var scale = Vector512.Create(scales[group]);
            first = Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(s), scale, first);
            second = Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(t), scale, second);
        }

        return (Vector512.Sum(first), Vector512.Sum(second));
    }

    private static (float First, float Second) TwoRows256(sbyte* w, float* scales, short* a, short* b, int groups)
    {
        Vector256<float> first = default, second = default;
        for (var group = 0; group < groups; group++, w += Group, a += Group, b += Group)
        {
            Sse.Prefetch1(w + PrefetchDistance);
            Sse.Prefetch1(w + PrefetchDistance + 64);
            Vector256<int> s = default, t = default;
            for (var i = 0; i < Group; i += 16)
            {
                var wide = Avx2.ConvertToVector256Int16(Vector128.Load(w + i));
                s += Avx2.MultiplyAddAdjacent(wide, Vector256.Load(a + i));
                t += Avx2.MultiplyAddAdjacent(wide, Vector256.Load(b + i));
            }

            var scale = Vector256.Create(scales[group]);
            first += Vector256.ConvertToSingle(s) * scale;
            second += Vector256.ConvertToSingle(t) * scale;
        }

        return (Vector256.Sum(first), Vector256.Sum(second));
    }

    // A group's sum stays below 2^31: 128 products of at most 127 * 32767.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Sum(sbyte* w, short* a)
    {
        var sum = Vector<int>.Zero;
        for (var i = 0; i < Group; i += Vector<sbyte>.Count)
        {
            Vector.Widen(Vector.Load(w + i), out var low, out var high);
            sum += Products(low, Vector.Load(a + i)) + Products(high, Vector.Load(a + i + Vector<short>.Count));
        }

        return Vector.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<int> Products(Vector<short> w, Vector<short> a)
    {
        Vector.Widen(w, out var w0, out var w1);
        Vector.Widen(a, out var a0, out var a1);
        return (w0 * a0) + (w1 * a1);
    }
}
