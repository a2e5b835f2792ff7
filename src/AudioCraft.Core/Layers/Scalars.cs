using TorchSharp;

namespace AudioCraft.Layers;

/// <summary>
/// Constants for tensor operations. TorchSharp converts a number to a temporary <see cref="Scalar"/> whose native memory its finalizer frees, and does not keep it alive during
/// the native call: a garbage collection on another thread can free it while the operation reads it. This includes <c>a + b</c>, <c>a.add(b)</c> and <c>a.add_(b)</c> of two tensors,
/// which create the factor of <c>b</c>. Therefore inference uses these constants, or a <c>using</c> declaration for other values.
/// </summary>
internal static class Scalars
{
    /// <summary>0.</summary>
    public static readonly Scalar Zero = 0;

    /// <summary>1.</summary>
    public static readonly Scalar One = 1;

    /// <summary>2.</summary>
    public static readonly Scalar Two = 2;

    /// <summary>-1.</summary>
    public static readonly Scalar MinusOne = -1;

    /// <summary>0.5.</summary>
    public static readonly Scalar Half = 0.5;

    /// <summary>-∞.</summary>
    public static readonly Scalar NegativeInfinity = double.NegativeInfinity;
}
