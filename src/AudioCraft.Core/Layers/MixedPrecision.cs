using static TorchSharp.torch;

namespace AudioCraft.Layers;

/// <summary>
/// While an instance exists on this thread, linear layers compute in another floating-point type than that of their weights; the
/// residual stream, norms and the weights keep their type (PyTorch's autocast; "Mixed Precision Training", Micikevicius et al. 2018).
/// For training: many processors and GPUs compute bfloat16 at least twice as fast as float32.
/// </summary>
public sealed class MixedPrecision : IDisposable
{
    [ThreadStatic]
    private static ScalarType? current;

    private readonly ScalarType? before = current;

    /// <summary>Sets the type in which linear layers compute on this thread until the instance is disposed, which must be on the same thread.</summary>
    /// <param name="type">Type of the computation; null for the type of the weights.</param>
    public MixedPrecision(ScalarType? type) => current = type;

    /// <summary>The type in which linear layers compute on this thread; null for the type of the weights.</summary>
    public static ScalarType? Current => current;

    /// <summary>Restores the previous type.</summary>
    public void Dispose() => current = before;
}
