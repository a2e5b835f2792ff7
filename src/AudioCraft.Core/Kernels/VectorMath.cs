using System.Numerics;

namespace AudioCraft.Kernels;

/// <summary>Vectorized operations on rows of float32.</summary>
internal static unsafe class VectorMath
{
    /// <summary>The largest absolute value; NaN if a value is NaN.</summary>
    public static float LargestMagnitude(ReadOnlySpan<float> values)
    {
        var (i, largest) = (0, 0f);
        var vector = Vector<float>.Zero;
        for (; i + Vector<float>.Count <= values.Length; i += Vector<float>.Count)
        {
            vector = Vector.Max(vector, Vector.Abs(new Vector<float>(values[i..])));
        }

        for (var lane = 0; lane < Vector<float>.Count; lane++)
        {
            largest = MathF.Max(largest, vector[lane]);
        }

        for (; i < values.Length; i++)
        {
            largest = MathF.Max(largest, MathF.Abs(values[i]));
        }

        return largest;
    }

    /// <summary>Adds two rows elementwise, in place.</summary>
    public static void Add(Span<float> values, ReadOnlySpan<float> others)
    {
        var i = 0;
        for (; i + Vector<float>.Count <= values.Length; i += Vector<float>.Count)
        {
            (new Vector<float>(values[i..]) + new Vector<float>(others[i..])).CopyTo(values[i..]);
        }

        for (; i < values.Length; i++)
        {
            values[i] += others[i];
        }
    }

    /// <summary>Multiplies each value by a factor and rounds it to int16, whose range it must fit.</summary>
    public static void Round(ReadOnlySpan<float> values, float factor, Span<short> rounded)
    {
        var i = 0;
        var factors = new Vector<float>(factor);
        for (; i + Vector<short>.Count <= values.Length; i += Vector<short>.Count)
        {
            var low = Vector.ConvertToInt32(Vector.Round(new Vector<float>(values[i..]) * factors));
            var high = Vector.ConvertToInt32(Vector.Round(new Vector<float>(values[(i + Vector<float>.Count)..]) * factors));
            Vector.NarrowWithSaturation(low, high).CopyTo(rounded[i..]);
        }

        for (; i < values.Length; i++)
        {
            rounded[i] = (short)Math.Clamp(MathF.Round(values[i] * factor), short.MinValue, short.MaxValue);
        }
    }

    /// <summary>Layer normalization of a row ("Layer Normalization", Ba et al. 2016), with a mean and a variance in two passes.</summary>
    public static void LayerNorm(float* x, float* weight, float* bias, float* y, int width, float epsilon)
    {
        var values = new ReadOnlySpan<float>(x, width);
        var mean = Sum(values) / width;
        var means = new Vector<float>(mean);
        var (i, squares) = (0, Vector<float>.Zero);
        for (; i + Vector<float>.Count <= width; i += Vector<float>.Count)
        {
            var apart = Vector.Load(x + i) - means;
            squares = Vector.FusedMultiplyAdd(apart, apart, squares);
        }

        var variance = Vector.Sum(squares);
        for (; i < width; i++)
        {
            variance += (x[i] - mean) * (x[i] - mean);
        }

        var factor = 1 / MathF.Sqrt((variance / width) + epsilon);
        var factors = new Vector<float>(factor);
        for (i = 0; i + Vector<float>.Count <= width; i += Vector<float>.Count)
        {
            Vector.FusedMultiplyAdd((Vector.Load(x + i) - means) * factors, Vector.Load(weight + i), Vector.Load(bias + i)).Store(y + i);
        }

        for (; i < width; i++)
        {
            y[i] = ((x[i] - mean) * factor * weight[i]) + bias[i];
        }
    }

    /// <summary>The Gaussian error linear unit in its exact form, x Φ(x), in place ("Gaussian Error Linear Units", Hendrycks and Gimpel 2016).</summary>
    public static void Gelu(Span<float> values)
    {
        var i = 0;
        for (; i + Vector<float>.Count <= values.Length; i += Vector<float>.Count)
        {
            var x = new Vector<float>(values[i..]);
            (x * new Vector<float>(0.5f) * (Vector<float>.One + Erf(x * new Vector<float>(0.70710678f)))).CopyTo(values[i..]);
        }

        if (i < values.Length)
        {
            Span<float> last = stackalloc float[Vector<float>.Count];
            values[i..].CopyTo(last);
            Gelu(last);
            last[..(values.Length - i)].CopyTo(values[i..]);
        }
    }

    /// <summary>The rectified linear unit, in place.</summary>
    public static void Relu(Span<float> values)
    {
        var i = 0;
        for (; i + Vector<float>.Count <= values.Length; i += Vector<float>.Count)
        {
            Vector.Max(new Vector<float>(values[i..]), Vector<float>.Zero).CopyTo(values[i..]);
        }

        for (; i < values.Length; i++)
        {
            values[i] = MathF.Max(values[i], 0);
        }
    }

    // The error function as a quotient of an odd and an even polynomial in x, within 3 units in the last place; beyond ±3.93 it is ±1 in float32.
    private static Vector<float> Erf(Vector<float> x)
    {
        var limit = new Vector<float>(3.925f);
        var square = Vector.Min(x * x, limit * limit);
        var quotient = Polynomial(square, OddTerms) * x / Polynomial(square, EvenTerms);
        return Vector.ConditionalSelect(Vector.GreaterThan(Vector.Abs(x), limit), Vector.CopySign(Vector<float>.One, x), quotient);
    }

    private static ReadOnlySpan<float> OddTerms => [2.2905065861350646e-4f, 3.4082910107109506e-3f, 5.0955695062380861e-2f, 1.8520832239976145e-1f, 1.128379143519084f];

    private static ReadOnlySpan<float> EvenTerms => [-1.1791602954361697e-7f, 2.3547966471313185e-5f, 1.0179625278914885e-3f, 1.4070470171167667e-2f, 1.1098505178285362e-1f, 4.9746925110067538e-1f, 1f];

    // Evaluates a polynomial; the coefficient of the highest power comes first.
    private static Vector<float> Polynomial(Vector<float> x, ReadOnlySpan<float> terms)
    {
        var sum = new Vector<float>(terms[0]);
        for (var i = 1; i < terms.Length; i++)
        {
            sum = Vector.FusedMultiplyAdd(sum, x, new Vector<float>(terms[i]));
        }

        return sum;
    }

    private static float Sum(ReadOnlySpan<float> values)
    {
        var (i, vector) = (0, Vector<float>.Zero);
        for (; i + Vector<float>.Count <= values.Length; i += Vector<float>.Count)
        {
            vector += new Vector<float>(values[i..]);
        }

        var sum = Vector.Sum(vector);
        for (; i < values.Length; i++)
        {
            sum += values[i];
        }

        return sum;
    }
}
