using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>The mean squared difference. Takes tensors of any shape, feature maps too.</summary>
public sealed class L2Loss : AudioLoss
{
    /// <summary>Makes the loss.</summary>
    public L2Loss() : base(nameof(L2Loss))
    {
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor output, Tensor reference) => functional.mse_loss(output, reference);
}
