using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>
/// How far a sound is from the one it should be: a scalar, smaller is better, through which gradients flow.
/// A loss has no weights; what it needs besides (windows, filters) follows the element type and the device of what it is given.
/// </summary>
public abstract class AudioLoss : Module<Tensor, Tensor, Tensor>
{
    /// <param name="name">Name of the module.</param>
    protected AudioLoss(string name) : base(name)
    {
    }

    /// <summary>The loss. Where <paramref name="reference"/> needs no gradient, none of its part is kept for the backward pass.</summary>
    /// <param name="output">What the model made: [B, C, T], float32 or float64.</param>
    /// <param name="reference">What it should be: same shape, type and device.</param>
    /// <returns>A scalar that the caller disposes.</returns>
    /// <exception cref="ArgumentException">The shapes, types or devices differ, or are not what this loss takes.</exception>
    public sealed override Tensor forward(Tensor output, Tensor reference)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(reference);
        if (!output.shape.SequenceEqual(reference.shape) || output.dtype != reference.dtype || !SoundShape.SameDevice(output, reference)
            || !output.is_floating_point() || output.numel() == 0)
        {
            throw new ArgumentException(
                $"The output is {SoundShape.Text(output)} and the reference {SoundShape.Text(reference)}; both must be floats of one shape, type and device, and not empty.",
                nameof(reference));
        }

        using var scope = NewDisposeScope();
        return Compute(output, reference).MoveToOuterDisposeScope();
    }

    /// <summary>The loss of two tensors that agree in shape, type and device. Runs in a dispose scope of its own.</summary>
    /// <param name="output">What the model made.</param>
    /// <param name="reference">What it should be.</param>
    /// <returns>A scalar.</returns>
    protected abstract Tensor Compute(Tensor output, Tensor reference);
}
