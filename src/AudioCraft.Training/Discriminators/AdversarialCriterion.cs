using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>The losses of generator and discriminator (audiocraft/adversarial/losses.py): three scalar losses of the logits of one discriminator.</summary>
/// <param name="Generator">Generator loss of the logits of generated audio.</param>
/// <param name="Real">Discriminator loss of the logits of real audio.</param>
/// <param name="Fake">Discriminator loss of the logits of generated audio.</param>
public sealed record AdversarialCriterion(Func<Tensor, Tensor> Generator, Func<Tensor, Tensor> Real, Func<Tensor, Tensor> Fake)
{
    /// <summary>Least squares (Mao et al. 2016): logits of real audio towards 1, of generated audio towards 0; the generator aims at 1.</summary>
    public static AdversarialCriterion Mse { get; } = new(logits => SquaredFrom(logits, 1), logits => SquaredFrom(logits, 1), logits => SquaredFrom(logits, 0));

    /// <summary>Hinge (Lim and Ye 2017): logits of real audio above 1, of generated audio below −1; the generator maximizes them.</summary>
    public static AdversarialCriterion Hinge { get; } = new(logits => NegatedMean(logits), logits => Below(logits, 1), logits => Above(logits, -1));

    /// <summary>Hinge with a limit of 1 for the generator.</summary>
    public static AdversarialCriterion Hinge2 { get; } = new(logits => Below(logits, 1), logits => Below(logits, 1), logits => Above(logits, -1));

    private static Tensor SquaredFrom(Tensor logits, double target) => Mean(logits, l => (l - target).square());

    private static Tensor NegatedMean(Tensor logits) => Mean(logits, l => l.neg());

    // max(0, limit − l) and max(0, l − limit), with PyTorch's derivative of a minimum where both sides are equal.
    private static Tensor Below(Tensor logits, double limit) => Mean(logits, l => (l - limit).minimum(zeros([], l.dtype, l.device)).neg());

    private static Tensor Above(Tensor logits, double limit) => Mean(logits, l => (l.neg() + limit).minimum(zeros([], l.dtype, l.device)).neg());

    // Without logits, the loss is 0 with a gradient of 0.
    private static Tensor Mean(Tensor logits, Func<Tensor, Tensor> each)
    {
        using var scope = NewDisposeScope();
        return (logits.numel() == 0 ? logits.sum() : each(logits).mean()).MoveToOuterDisposeScope();
    }
}
