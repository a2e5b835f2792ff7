using static TorchSharp.torch;

namespace AudioCraft.Layers;

/// <summary>
/// While one is open on this thread, linear layers multiply in another floating-point type than their weights have, and give results of that type; sums along the
/// residual stream, norms and the weights themselves stay as they are (PyTorch calls it autocast; "Mixed Precision Training", Micikevicius et al. 2018).
/// For training: processors and GPUs multiply bfloat16 at twice the speed of float32 or more.
/// </summary>
internal sealed class MixedPrecision : IDisposable
{
    [ThreadStatic]
    private static ScalarType? current;

    private readonly ScalarType? before = current;

    /// <param name="type">What to multiply in; null for the weights' own type.</param>
    public MixedPrecision(ScalarType? type) => current = type;

    /// <summary>What linear layers multiply in on this thread; null for the weights' own type.</summary>
    public static ScalarType? Current => current;

    public void Dispose() => current = before;
}
