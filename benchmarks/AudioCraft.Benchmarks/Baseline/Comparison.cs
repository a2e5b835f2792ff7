using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Benchmarks.Baseline;

/// <summary>Checks that both implementations give the same results.</summary>
internal static class Comparison
{
    /// <summary>The tolerance for float rounding in another order, over about ten layers of a codec or 48 of a language model.</summary>
    private const double Tolerance = 1e-3;

    /// <summary>The tolerated fraction of different codes. A code differs if rounding decides between two entries; then all later codebooks of that frame differ as well.</summary>
    private const double EqualCodes = 0.98;

    /// <summary>The largest difference, relative to the largest value of the baseline.</summary>
    /// <exception cref="InvalidOperationException">The difference exceeds the tolerance, or the shapes differ.</exception>
    public static double Difference(string what, Tensor ours, Tensor baseline)
    {
        using var scope = NewDisposeScope();
        Require(ours.shape.SequenceEqual(baseline.shape), what, $"the shapes are [{string.Join(", ", ours.shape)}] and [{string.Join(", ", baseline.shape)}]");
        var difference = (ours - baseline).abs().max().item<float>() / baseline.abs().max().item<float>();
        Require(difference <= Tolerance, what, $"the largest difference is {difference:G3} of the largest value");
        return difference;
    }

    /// <exception cref="InvalidOperationException">More codes differ than the tolerance allows.</exception>
    public static void SameCodes(string what, Tensor ours, Tensor baseline)
    {
        using var scope = NewDisposeScope();
        Require(ours.shape.SequenceEqual(baseline.shape), what, $"the shapes are [{string.Join(", ", ours.shape)}] and [{string.Join(", ", baseline.shape)}]");
        var equal = ours.eq(baseline).to(ScalarType.Float32).mean().item<float>();
        Require(equal >= EqualCodes, what, $"only {equal:P1} of the codes are equal");
    }

    private static void Require(bool condition, string what, string otherwise)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"{what}: this library and the baseline differ: {otherwise}.");
        }
    }
}
