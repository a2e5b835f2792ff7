using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Layers;

/// <summary>Consecutive numbers, as by <c>torch.arange</c>. See <see cref="Scalars"/> for the reason.</summary>
internal static class Ramp
{
    /// <summary><paramref name="start"/>, <paramref name="start"/> + 1, …: [count].</summary>
    public static Tensor Create(long start, long count, ScalarType dtype, Device device)
    {
        using Scalar first = start;
        using Scalar end = start + count;
        return arange(first, end, Scalars.One, dtype: dtype, device: device);
    }
}
