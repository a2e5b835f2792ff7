using static TorchSharp.torch;

namespace CompressAudio;

/// <summary>How near a sound is to another.</summary>
internal static class Quality
{
    /// <summary>Scale-invariant signal-to-noise ratio in dB (Le Roux et al. 2019): what of the estimate points along the original, against the rest.</summary>
    public static double SiSnr(Tensor original, Tensor estimate)
    {
        using var scope = NewDisposeScope();
        var target = original.cpu().reshape(-1).to(ScalarType.Float64);
        var heard = estimate.cpu().reshape(-1).to(ScalarType.Float64);
        var (x, y) = (target - target.mean(), heard - heard.mean());
        var along = x * ((x * y).sum() / (x * x).sum());
        var rest = y - along;
        return 10 * Math.Log10((along * along).sum().item<double>() / ((rest * rest).sum().item<double>() + 1e-20));
    }
}
