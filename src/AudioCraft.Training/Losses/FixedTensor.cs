using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>A tensor that is computed once and converted to the element type and device of the input.</summary>
internal sealed class FixedTensor : IDisposable
{
    private readonly Tensor original;
    private Tensor current;

    /// <param name="make">Computes the values on the CPU, in its own dispose scope.</param>
    public FixedTensor(Func<Tensor> make)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        original = make().DetachFromDisposeScope();
        current = original;
    }

    /// <summary>The values in the type and on the device of <paramref name="other"/>. The caller must not dispose them.</summary>
    public Tensor Like(Tensor other)
    {
        if (current.dtype != other.dtype || !AudioShape.SameDevice(current, other))
        {
            using var guard = no_grad();
            var previous = current;
            current = original.to(other.dtype, other.device).DetachFromDisposeScope();
            if (!ReferenceEquals(previous, original) && !ReferenceEquals(previous, current))
            {
                previous.Dispose();
            }
        }

        return current;
    }

    public void Dispose()
    {
        current.Dispose();
        original.Dispose();
    }
}
