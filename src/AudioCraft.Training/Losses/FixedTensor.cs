using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>A tensor that is computed once and then had in the element type and on the device of the sound at hand.</summary>
internal sealed class FixedTensor : IDisposable
{
    private readonly Tensor original;
    private Tensor current;

    /// <param name="make">Makes the values, on the CPU, in a dispose scope of its own.</param>
    public FixedTensor(Func<Tensor> make)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        original = make().DetachFromDisposeScope();
        current = original;
    }

    /// <summary>The values as <paramref name="other"/> has its own. Not the caller's to dispose.</summary>
    public Tensor Like(Tensor other)
    {
        if (current.dtype != other.dtype || !SoundShape.SameDevice(current, other))
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
