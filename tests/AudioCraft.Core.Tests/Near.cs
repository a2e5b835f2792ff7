using TorchSharp;
using Xunit.Sdk;
using static TorchSharp.torch;

namespace AudioCraft.Tests;

/// <summary>Compares floats with a tolerance.</summary>
internal static class Near
{
    /// <summary>
    /// Shapes agree, and every element is within <paramref name="relativeToMax"/> × max|expected| + <paramref name="relative"/> × |its own expected value|.
    /// Infinities and NaN must be at the same positions. A failure reports the element with the largest error.
    /// </summary>
    public static void Equal(Tensor expected, Tensor actual, double relativeToMax = 1e-5, double relative = 0)
    {
        Exactly.SameShape(expected, actual);
        double[] want = Values(expected), have = Values(actual);
        var largest = want.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        var worst = -1;
        var worstExcess = 0.0;
        for (var i = 0; i < want.Length; i++)
        {
            var allowed = (relativeToMax * largest) + (relative * Math.Abs(want[i]));
            var difference = want[i].Equals(have[i]) ? 0 : Math.Abs(want[i] - have[i]);
            // NaN and infinities that are not equal count as an infinite error.
            var excess = double.IsFinite(difference) ? difference - allowed : double.PositiveInfinity;
            if (excess > worstExcess)
            {
                (worst, worstExcess) = (i, excess);
            }
        }

        if (worst >= 0)
        {
            var apart = Math.Abs(want[worst] - have[worst]);
            throw new XunitException(
                $"Element {Exactly.Position(worst, expected.shape)}: expected {want[worst]:R}, actual {have[worst]:R}, apart {apart:G3} "
                + $"= {apart / largest:G3} of the largest ({largest:G4}), where {relativeToMax:G3} is allowed.");
        }
    }

    private static double[] Values(Tensor tensor)
    {
        if (tensor.numel() == 0)
        {
            return []; // TorchSharp's accessor does not support empty tensors
        }

        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return tensor.detach().cpu().to(ScalarType.Float64).contiguous().data<double>().ToArray();
    }
}

/// <summary>Compares codes, tokens, ids and bits exactly.</summary>
internal static class Exactly
{
    /// <summary>Asserts equal shapes and elements; element types may differ. A failure reports the first difference and the number of differences.</summary>
    public static void Equal(Tensor expected, Tensor actual)
    {
        SameShape(expected, actual);
        if (expected.is_floating_point() || actual.is_floating_point())
        {
            Near.Equal(expected, actual, relativeToMax: 0);
            return;
        }

        long[] want = Values(expected), have = Values(actual);
        var differing = Enumerable.Range(0, want.Length).Where(i => want[i] != have[i]).ToList();
        if (differing is [var first, ..])
        {
            throw new XunitException(
                $"{differing.Count} of {want.Length} elements differ, first {Position(first, expected.shape)}: expected {want[first]}, actual {have[first]}.");
        }
    }

    internal static void SameShape(Tensor expected, Tensor actual)
    {
        if (!expected.shape.SequenceEqual(actual.shape))
        {
            throw new XunitException($"Expected shape [{string.Join(", ", expected.shape)}], actual [{string.Join(", ", actual.shape)}].");
        }
    }

    internal static string Position(long index, long[] shape)
    {
        var position = new long[shape.Length];
        for (var d = shape.Length - 1; d >= 0; d--)
        {
            (index, position[d]) = Math.DivRem(index, shape[d]);
        }

        return $"[{string.Join(", ", position)}]";
    }

    private static long[] Values(Tensor tensor)
    {
        if (tensor.numel() == 0)
        {
            return []; // TorchSharp's accessor does not support empty tensors
        }

        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return tensor.detach().cpu().to(ScalarType.Int64).contiguous().data<long>().ToArray();
    }
}
