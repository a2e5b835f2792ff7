using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.GpuCheck;

/// <summary>The difference between results and expected values.</summary>
internal static class Deviation
{
    /// <summary>The largest difference relative to the largest expected value; infinite if shapes differ or only one value is finite.</summary>
    public static double Of(Tensor expected, Tensor actual)
    {
        if (!expected.shape.SequenceEqual(actual.shape))
        {
            return double.PositiveInfinity;
        }

        double[] want = Values(expected), have = Values(actual);
        var largest = want.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        var apart = want.Zip(have, (a, b) => a.Equals(b) ? 0 : Math.Abs(a - b)).Select(d => double.IsNaN(d) ? double.PositiveInfinity : d).Max();
        return apart == 0 ? 0 : apart / largest;
    }

    /// <summary>The fraction of integers that differ; 1 if shapes differ.</summary>
    public static double OfCodes(Tensor expected, Tensor actual)
    {
        if (!expected.shape.SequenceEqual(actual.shape))
        {
            return 1;
        }

        using var scope = NewDisposeScope();
        return expected.cpu().ne(actual.cpu()).to(ScalarType.Float64).mean().item<double>();
    }

    private static double[] Values(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.detach().cpu().to(ScalarType.Float64).contiguous().data<double>().ToArray();
    }
}
