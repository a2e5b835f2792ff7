using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Layers;

/// <summary>
/// Sinusoidal positions: for each position the cosines, then the sines, of wavelengths from 2π to 2π·maxPeriod
/// ("Attention is all you need", section 3.5, with the last exponent reaching 1 as in audiocraft/modules/transformer.py).
/// </summary>
internal static class SinusoidalPositions
{
    /// <summary>[1, count, dim] for positions from <paramref name="start"/>.</summary>
    public static Tensor Create(long start, long count, long dim, double maxPeriod, ScalarType dtype, Device device)
    {
        // Half precision is too imprecise for steps and angles.
        if (dtype is ScalarType.Float16 or ScalarType.BFloat16)
        {
            using var exact = Create(start, count, dim, maxPeriod, ScalarType.Float32, device);
            return exact.to(dtype);
        }

        using var scope = NewDisposeScope();
        var half = dim / 2;
        using Scalar last = (double)(half - 1), period = maxPeriod;
        var exponents = Ramp.Create(0, half, dtype, device).div(last);
        var periods = full([half], period, dtype: dtype, device: device).pow(exponents);
        var phase = Ramp.Create(start, count, dtype, device).unsqueeze(1) / periods;
        return cat([phase.cos(), phase.sin()], -1).unsqueeze(0).MoveToOuterDisposeScope();
    }
}
