using System.Runtime.Intrinsics;
using AudioCraft.Formats;
using AudioCraft.Layers;

namespace AudioCraft.Tests.Codecs.EntropyCoding;

/// <summary>Comparison with the double-precision functions of the C library.</summary>
public class PortableMathTests
{
    [Fact]
    public void Exponential_is_within_two_units_in_the_last_place()
    {
        for (var x = -86.99f; x <= 0; x += 0.0037f)
        {
            var exact = Math.Exp(x);
            Assert.InRange(PortableMath.ExpOfNegative(Vector256.Create(x)).ToScalar() / exact, 1 - 2.4e-7, 1 + 2.4e-7);
        }

        Assert.Equal(1f, PortableMath.ExpOfNegative(Vector256<float>.Zero).ToScalar());
        Assert.Equal(0f, PortableMath.ExpOfNegative(Vector256.Create(-87.01f)).ToScalar());
        Assert.Equal(0f, PortableMath.ExpOfNegative(Vector256.Create(float.NegativeInfinity)).ToScalar());
        Assert.True(float.IsNaN(PortableMath.ExpOfNegative(Vector256.Create(float.NaN)).ToScalar()));
    }

    [Fact]
    public void Double_precision_functions_match_the_C_library()
    {
        for (var x = -20.0; x < 700; x += 0.37)
        {
            Assert.InRange(PortableMath.Exp(x) / Math.Exp(x), 1 - 1e-14, 1 + 1e-14);
            Assert.Equal(Math.Log(Math.Exp(x)), PortableMath.Log(Math.Exp(x)), 1e-12);
        }

        foreach (var scale in new[] { 0.01, 1, 100, 1e4 })
        {
            for (var x = 0.0; x < 100; x += 0.37)
            {
                var (cos, sin) = PortableMath.CosSin(x * scale);
                Assert.Equal(Math.Cos(x * scale), cos, 1e-9);
                Assert.Equal(Math.Sin(x * scale), sin, 1e-9);
            }
        }
    }

    [Fact]
    public unsafe void Rows_of_any_width_give_the_library_s_results()
    {
        var random = new Random(5);
        for (var width = 1; width < 40; width++)
        {
            var (x, weight, bias) = (Values(random, width), Values(random, 7 * width), Values(random, 7));
            fixed (float* px = x, pw = weight, pb = bias)
            {
                var y = new float[7];
                fixed (float* py = y)
                {
                    PortableMath.Multiply(pw, pb, px, width, py, 0, 3);
                    PortableMath.Multiply(pw, pb, px, width, py, 3, 7);
                    var split = (float[])y.Clone();
                    PortableMath.Multiply(pw, pb, px, width, py, 0, 7);
                    Assert.Equal(y, split); // the result does not depend on which outputs are computed together
                }

                for (var o = 0; o < 7; o++)
                {
                    Assert.Equal(bias[o] + Enumerable.Range(0, width).Sum(i => (double)x[i] * weight[(o * width) + i]), y[o], 1e-4);
                }

                var total = x.Sum(v => Math.Exp(v));
                double[] softmax = [.. x.Select(v => Math.Exp(v) / total)];
                double mean = x.Average(v => (double)v), variance = x.Average(v => (v - mean) * (v - mean));
                double[] normalized = [.. x.Select((v, i) => ((v - mean) / Math.Sqrt(variance + 1e-5) * weight[i]) + weight[i + width])];
                var before = (float[])x.Clone();
                PortableMath.Softmax(px, width);
                Compare(softmax, x, 1e-6);
                before.CopyTo(x, 0);
                PortableMath.LayerNorm(px, pw, pw + width, width);
                Compare(normalized, x, 2e-5);
            }
        }
    }

    [Fact]
    public unsafe void The_gelu_is_exact_to_float_precision()
    {
        // Φ(x) by integrating the density.
        var (phi, step) = (0.5, 1e-4);
        var xs = new List<float>();
        var expected = new List<double>();
        for (var i = 0; i < 60_000; i++)
        {
            if (i % 1000 == 0)
            {
                var x = i * step;
                xs.AddRange([(float)x, -(float)x]);
                expected.AddRange([x * phi, -x * (1 - phi)]);
            }

            var middle = (i + 0.5) * step;
            phi += step * Math.Exp(-middle * middle / 2) / Math.Sqrt(2 * Math.PI);
        }

        float[] values = [.. xs];
        fixed (float* p = values)
        {
            PortableMath.Gelu(p, values.Length);
        }

        Compare([.. expected], values, 1e-6);
    }

    private static float[] Values(Random random, int count) => [.. Enumerable.Range(0, Math.Max(count, 1)).Select(_ => (float)(random.NextDouble() * 6) - 3)];

    private static void Compare(double[] expected, float[] actual, double tolerance)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], tolerance);
        }
    }
}
