using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>What generator and discriminator strive for (audiocraft/adversarial/losses.py): three losses of the logits of one discriminator, each a scalar.</summary>
/// <param name="Generator">Of the logits of generated sounds, for the generator.</param>
/// <param name="Real">Of the logits of real sounds, for the discriminator.</param>
/// <param name="Fake">Of the logits of generated sounds, for the discriminator.</param>
public sealed record AdversarialCriterion(Func<Tensor, Tensor> Generator, Func<Tensor, Tensor> Real, Func<Tensor, Tensor> Fake)
{
    /// <summary>Least squares (Mao et al. 2016): logits of real sounds towards 1, of generated ones towards 0; the generator wants 1.</summary>
    public static AdversarialCriterion Mse { get; } = new(logits => SquaredFrom(logits, 1), logits => SquaredFrom(logits, 1), logits => SquaredFrom(logits, 0));

    /// <summary>Hinge (Lim and Ye 2017): logits of real sounds above 1, of generated ones below −1; the generator wants them large without limit.</summary>
    public static AdversarialCriterion Hinge { get; } = new(logits => NegatedMean(logits), logits => Below(logits, 1), logits => Above(logits, -1));

    /// <summary>Hinge where the generator, too, wants no more than 1.</summary>
    public static AdversarialCriterion Hinge2 { get; } = new(logits => Below(logits, 1), logits => Below(logits, 1), logits => Above(logits, -1));

    private static Tensor SquaredFrom(Tensor logits, double target) => Mean(logits, l => (l - target).square());

    private static Tensor NegatedMean(Tensor logits) => Mean(logits, l => l.neg());

    // max(0, limit − l) and max(0, l − limit), with PyTorch's derivative of a minimum where both sides are equal.
    private static Tensor Below(Tensor logits, double limit) => Mean(logits, l => (l - limit).minimum(zeros([], l.dtype, l.device)).neg());

    private static Tensor Above(Tensor logits, double limit) => Mean(logits, l => (l.neg() + limit).minimum(zeros([], l.dtype, l.device)).neg());

    // Of no logits at all, nothing is to be learnt.
    private static Tensor Mean(Tensor logits, Func<Tensor, Tensor> each)
    {
        using var scope = NewDisposeScope();
        return (logits.numel() == 0 ? logits.sum() : each(logits).mean()).MoveToOuterDisposeScope();
    }
}
