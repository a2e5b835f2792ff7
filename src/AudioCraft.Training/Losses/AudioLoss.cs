using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>
/// A distance of output and reference audio: a scalar with gradient, smaller is better.
/// A loss has no weights; its windows and filters follow the element type and the device of the input.
/// </summary>
public abstract class AudioLoss : Module<Tensor, Tensor, Tensor>
{
    /// <param name="name">Name of the module.</param>
    protected AudioLoss(string name) : base(name)
    {
    }

    /// <summary>Computes the loss. If <paramref name="reference"/> needs no gradient, its graph is not kept.</summary>
    /// <param name="output">Output of the model, [B, C, T], float32 or float64.</param>
    /// <param name="reference">Reference of the same shape, type and device.</param>
    /// <returns>A scalar that the caller disposes.</returns>
    /// <exception cref="ArgumentException">The shapes, types or devices differ or are not supported.</exception>
    public sealed override Tensor forward(Tensor output, Tensor reference)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(reference);
        if (!output.shape.SequenceEqual(reference.shape) || output.dtype != reference.dtype || !AudioShape.SameDevice(output, reference)
            || !output.is_floating_point() || output.numel() == 0)
        {
            throw new ArgumentException(
                $"The output is {AudioShape.Text(output)} and the reference {AudioShape.Text(reference)}; both must be floats of one shape, type and device, and not empty.",
                nameof(reference));
        }

        using var scope = NewDisposeScope();
        return Compute(output, reference).MoveToOuterDisposeScope();
    }

    /// <summary>Computes the loss of two tensors with equal shape, type and device, in its own dispose scope.</summary>
    /// <param name="output">Output of the model.</param>
    /// <param name="reference">The reference.</param>
    /// <returns>A scalar.</returns>
    protected abstract Tensor Compute(Tensor output, Tensor reference);
}
