using System.Runtime.Intrinsics;
using AudioCraft.Layers;

namespace AudioCraft.Formats;

/// <summary>
/// Arithmetic that gives the same bits on every processor, with any vector width and any number of threads. It uses only IEEE 754 additions, subtractions, multiplications,
/// divisions and square roots, which are exactly specified, in a fixed order; never a fused multiply-add, and no function of the C library.
/// </summary>
/// <remarks>
/// Sums of products have eight partial sums: element i goes to partial sum i mod 8, and the eight are added in a fixed order. <see cref="Vector256{T}"/> holds them;
/// where a processor has no 256-bit vectors, .NET computes the same with smaller ones. The JIT compiler does not contract a multiplication and an addition.
/// </remarks>
internal static unsafe class PortableMath
{
    private const int Lanes = 8;

    /// <summary>1.5 · 2²³: adding it to a small float rounds that to an integer, which is then in the low bits.</summary>
    private const float Rounder = 12582912f;

    private const double Ln2High = 6.93147180369123816490e-01;
    private const double Ln2Low = 1.90821492927058770002e-10;

    /// <summary>
    /// Outputs <paramref name="from"/> to <paramref name="to"/> (not included) of a linear layer: <c>y[o] = Σ w[o, i] x[i] + bias[o]</c>.
    /// An output does not depend on which others are computed with it.
    /// </summary>
    public static void Multiply(float* w, float* bias, float* x, int width, float* y, int from, int to)
    {
        var whole = width & ~(Lanes - 1);
        var rest = width - whole;
        var last = LoadPart(x + whole, rest, 0);
        var o = from;

        // Four rows at a time hide the latency of the additions. Each row's sum has the same order as in the loop below.
        for (; o + 4 <= to; o += 4)
        {
            float* w0 = w + ((long)o * width), w1 = w0 + width, w2 = w1 + width, w3 = w2 + width;
            Vector256<float> s0 = default, s1 = default, s2 = default, s3 = default;
            for (var i = 0; i < whole; i += Lanes)
            {
                var own = Vector256.Load(x + i);
                s0 += Vector256.Load(w0 + i) * own;
                s1 += Vector256.Load(w1 + i) * own;
                s2 += Vector256.Load(w2 + i) * own;
                s3 += Vector256.Load(w3 + i) * own;
            }

            if (rest > 0)
            {
                s0 += LoadPart(w0 + whole, rest, 0) * last;
                s1 += LoadPart(w1 + whole, rest, 0) * last;
                s2 += LoadPart(w2 + whole, rest, 0) * last;
                s3 += LoadPart(w3 + whole, rest, 0) * last;
            }

            y[o] = Sum(s0) + bias[o];
            y[o + 1] = Sum(s1) + bias[o + 1];
            y[o + 2] = Sum(s2) + bias[o + 2];
            y[o + 3] = Sum(s3) + bias[o + 3];
        }

        for (; o < to; o++)
        {
            y[o] = Dot(w + ((long)o * width), x, width) + bias[o];
        }
    }

    /// <summary>Σ a[i] b[i].</summary>
    public static float Dot(float* a, float* b, int count)
    {
        var sum = Vector256<float>.Zero;
        var i = 0;
        for (; i + Lanes <= count; i += Lanes)
        {
            sum += Vector256.Load(a + i) * Vector256.Load(b + i);
        }

        if (i < count)
        {
            sum += LoadPart(a + i, count - i, 0) * LoadPart(b + i, count - i, 0);
        }

        return Sum(sum);
    }

    /// <summary><c>y[i] = Σ factors[d] rows[d, i]</c>, added in the order of d.</summary>
    /// <param name="factors">One a row.</param>
    /// <param name="rows">Rows that are <paramref name="stride"/> apart.</param>
    /// <param name="count">Rows.</param>
    /// <param name="stride">From a row to the next.</param>
    /// <param name="y">Gets the sums.</param>
    /// <param name="width">A multiple of 8.</param>
    public static void WeightedSum(float* factors, float* rows, int count, int stride, float* y, int width)
    {
        for (var i = 0; i < width; i += Lanes)
        {
            var sum = Vector256<float>.Zero;
            for (var d = 0; d < count; d++)
            {
                sum += Vector256.Create(factors[d]) * Vector256.Load(rows + ((long)d * stride) + i);
            }

            sum.Store(y + i);
        }
    }

    /// <summary>Layer normalization of a row, in place.</summary>
    public static void LayerNorm(float* x, float* weight, float* bias, int width)
    {
        const float epsilon = 1e-5f;
        var sums = Vector256<float>.Zero;
        var i = 0;
        for (; i + Lanes <= width; i += Lanes)
        {
            sums += Vector256.Load(x + i);
        }

        var mean = Sum(sums + LoadPart(x + i, width - i, 0)) / width;
        for (i = 0; i < width; i++)
        {
            x[i] -= mean;
        }

        var factor = 1 / MathF.Sqrt((Dot(x, x, width) / width) + epsilon);
        for (i = 0; i < width; i++)
        {
            x[i] = (x[i] * factor * weight[i]) + bias[i];
        }
    }

    /// <summary>Softmax of a row, in place.</summary>
    public static void Softmax(float* x, int count)
    {
        var largest = float.NegativeInfinity;
        for (var j = 0; j < count; j++)
        {
            largest = MathF.Max(largest, x[j]);
        }

        var top = Vector256.Create(largest);
        var sums = Vector256<float>.Zero;
        var i = 0;
        for (; i + Lanes <= count; i += Lanes)
        {
            var e = ExpOfNegative(Vector256.Load(x + i) - top);
            e.Store(x + i);
            sums += e;
        }

        if (i < count)
        {
            var e = ExpOfNegative(LoadPart(x + i, count - i, float.NegativeInfinity) - top);
            StorePart(e, x + i, count - i);
            sums += e;
        }

        var total = Sum(sums);
        for (i = 0; i < count; i++)
        {
            x[i] /= total;
        }
    }

    /// <summary>The Gaussian error linear unit in its exact form, x Φ(x), in place.</summary>
    public static void Gelu(float* x, int count)
    {
        var i = 0;
        for (; i + Lanes <= count; i += Lanes)
        {
            Gelu(Vector256.Load(x + i)).Store(x + i);
        }

        if (i < count)
        {
            StorePart(Gelu(LoadPart(x + i, count - i, 0)), x + i, count - i);
        }
    }

    /// <summary>e^x for x ≤ 0, within 2 units in the last place; 0 below −87, so that no result is subnormal.</summary>
    public static Vector256<float> ExpOfNegative(Vector256<float> x)
    {
        // x = n ln 2 + r; ln 2 in two parts, the first of which gives exact products. Polynomial from Cephes (expf).
        var shifted = (x * Vector256.Create(1.44269504f)) + Vector256.Create(Rounder);
        var n = shifted - Vector256.Create(Rounder);
        var r = x - (n * Vector256.Create(0.693359375f)) - (n * Vector256.Create(-2.12194440e-4f));
        var p = Vector256.Create(1.9875691500e-4f);
        p = (p * r) + Vector256.Create(1.3981999507e-3f);
        p = (p * r) + Vector256.Create(8.3334519073e-3f);
        p = (p * r) + Vector256.Create(4.1665795894e-2f);
        p = (p * r) + Vector256.Create(1.6666665459e-1f);
        p = (p * r) + Vector256.Create(5.0000001201e-1f);
        p = (p * r * r) + r + Vector256.Create(1f);
        var exponent = shifted.AsInt32() - Vector256.Create(Rounder).AsInt32();
        var power = ((exponent + Vector256.Create(127)) << 23).AsSingle();
        return Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256.Create(-87f)), Vector256<float>.Zero, p * power);
    }

    /// <summary>e^x in double precision, for results that are normal numbers.</summary>
    public static double Exp(double x)
    {
        const double log2E = 1.4426950408889634;
        var n = Math.Floor((x * log2E) + 0.5);
        var r = x - (n * Ln2High) - (n * Ln2Low);
        var sum = 1.0;
        for (var k = 16; k > 0; k--)
        {
            sum = 1 + (sum * r / k); // the Taylor series; |r| ≤ ln 2 / 2
        }

        return sum * BitConverter.Int64BitsToDouble(((long)n + 1023) << 52);
    }

    /// <summary>ln x in double precision, for normal x above 0.</summary>
    public static double Log(double x)
    {
        var bits = BitConverter.DoubleToInt64Bits(x);
        var exponent = (bits >> 52) - 1023;
        var m = BitConverter.Int64BitsToDouble((bits & 0xF_FFFF_FFFF_FFFF) | (1023L << 52));
        if (m > 1.4142135623730951)
        {
            (m, exponent) = (m / 2, exponent + 1);
        }

        // ln m = 2 artanh s
        var s = (m - 1) / (m + 1);
        var square = s * s;
        var sum = 0.0;
        for (var k = 25; k > 0; k -= 2)
        {
            sum = (sum * square) + (1.0 / k);
        }

        return (exponent * Ln2High) + ((2 * s * sum) + (exponent * Ln2Low));
    }

    /// <summary>Cosine and sine in double precision, for |x| up to some millions.</summary>
    public static (double Cos, double Sin) CosSin(double x)
    {
        // π/2 in three parts; the products with the first two are exact for quotients up to 2²⁰.
        var n = Math.Floor((x * 0.6366197723675814) + 0.5);
        var r = x - (n * 1.57079632673412561417) - (n * 6.07710050630396597660e-11) - (n * 2.02226624879595063154e-21);
        var square = r * r;
        double cos = 1, sin = 1;
        for (var k = 18; k > 0; k -= 2)
        {
            cos = 1 - (cos * square / (k * (k - 1))); // Taylor series; |r| ≤ π/4
            sin = 1 - (sin * square / (k * (k + 1)));
        }

        sin *= r;
        return ((long)n & 3) switch
        {
            0 => (cos, sin),
            1 => (-sin, cos),
            2 => (-cos, -sin),
            _ => (sin, -cos),
        };
    }

    private static Vector256<float> Gelu(Vector256<float> x) =>
        x * Vector256.Create(0.5f) * (Vector256.Create(1f) + Erf(x * Vector256.Create(0.70710678f)));

    /// <summary>The error function as a quotient of polynomials, odd over even, within 3 units in the last place. Beyond ±3.925 it is ±1 in float32.</summary>
    private static Vector256<float> Erf(Vector256<float> x)
    {
        const float limit = 3.925f;
        var z = x * x;
        var odd = Vector256.Create(2.2905065861350646e-4f);
        odd = (odd * z) + Vector256.Create(3.4082910107109506e-3f);
        odd = (odd * z) + Vector256.Create(5.0955695062380861e-2f);
        odd = (odd * z) + Vector256.Create(1.8520832239976145e-1f);
        odd = (odd * z) + Vector256.Create(1.128379143519084f);
        var even = Vector256.Create(-1.1791602954361697e-7f);
        even = (even * z) + Vector256.Create(2.3547966471313185e-5f);
        even = (even * z) + Vector256.Create(1.0179625278914885e-3f);
        even = (even * z) + Vector256.Create(1.4070470171167667e-2f);
        even = (even * z) + Vector256.Create(1.1098505178285362e-1f);
        even = (even * z) + Vector256.Create(4.9746925110067538e-1f);
        even = (even * z) + Vector256.Create(1f);
        var result = x * odd / even;
        result = Vector256.ConditionalSelect(Vector256.GreaterThan(x, Vector256.Create(limit)), Vector256.Create(1f), result);
        return Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256.Create(-limit)), Vector256.Create(-1f), result);
    }

    /// <summary>The eight partial sums together, in a fixed order.</summary>
    private static float Sum(Vector256<float> partial)
    {
        var four = partial.GetLower() + partial.GetUpper();
        return (four.GetElement(0) + four.GetElement(2)) + (four.GetElement(1) + four.GetElement(3));
    }

    /// <summary>The first <paramref name="count"/> lanes from memory, the others <paramref name="fill"/>. Nothing after them is read.</summary>
    private static Vector256<float> LoadPart(float* source, int count, float fill)
    {
        var values = stackalloc float[Lanes];
        for (var i = 0; i < Lanes; i++)
        {
            values[i] = i < count ? source[i] : fill;
        }

        return Vector256.Load(values);
    }

    private static void StorePart(Vector256<float> vector, float* destination, int count)
    {
        for (var i = 0; i < count; i++)
        {
            destination[i] = vector.GetElement(i);
        }
    }
}
