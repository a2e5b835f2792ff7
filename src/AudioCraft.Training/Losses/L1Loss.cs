using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>The mean absolute difference. Accepts tensors of any shape, such as feature maps.</summary>
public sealed class L1Loss : AudioLoss
{
    /// <summary>Creates the loss.</summary>
    public L1Loss() : base(nameof(L1Loss))
    {
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor output, Tensor reference) => functional.l1_loss(output, reference);
}
