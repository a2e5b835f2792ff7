using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>The mean squared difference. Accepts tensors of any shape, such as feature maps.</summary>
public sealed class L2Loss : AudioLoss
{
    /// <summary>Creates the loss.</summary>
    public L2Loss() : base(nameof(L2Loss))
    {
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor output, Tensor reference) => functional.mse_loss(output, reference);
}
