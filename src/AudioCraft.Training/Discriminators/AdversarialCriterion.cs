using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>The losses of generator and discriminator (audiocraft/adversarial/losses.py): three scalar losses of the logits of one discriminator.</summary>
/// <param name="Generator">Generator loss of the logits of generated audio.</param>
/// <param name="Real">Discriminator loss of the logits of real audio.</param>
/// <param name="Fake">Discriminator loss of the logits of generated audio.</param>
public sealed record AdversarialCriterion(Func<Tensor, Tensor> Generator, Func<Tensor, Tensor> Real, Func<Tensor, Tensor> Fake)
{
    /// <summary>Least squares (Mao et al. 2016): logits of real audio towards 1, of generated audio towards 0; the generator aims at 1.</summary>
    public static AdversarialCriterion Mse { get; } = new(logits => SquaredFrom(logits, Scalars.One), logits => SquaredFrom(logits, Scalars.One), logits => SquaredFrom(logits, Scalars.Zero));

    /// <summary>Hinge (Lim and Ye 2017): logits of real audio above 1, of generated audio below −1; the generator maximizes them.</summary>
    public static AdversarialCriterion Hinge { get; } = new(logits => NegatedMean(logits), logits => Below(logits, Scalars.One), logits => Above(logits, Scalars.MinusOne));

    /// <summary>Hinge with a limit of 1 for the generator.</summary>
    public static AdversarialCriterion Hinge2 { get; } = new(logits => Below(logits, Scalars.One), logits => Below(logits, Scalars.One), logits => Above(logits, Scalars.MinusOne));

    private static Tensor SquaredFrom(Tensor logits, Scalar target) => Mean(logits, l => l.sub(target).pow(Scalars.Two));

    private static Tensor NegatedMean(Tensor logits) => Mean(logits, l => l.neg());

    // max(0, limit − l) and max(0, l − limit), with PyTorch's derivative of a minimum where both sides are equal.
    private static Tensor Below(Tensor logits, Scalar limit) => Mean(logits, l => l.sub(limit).minimum(zeros([], l.dtype, l.device)).neg());

    private static Tensor Above(Tensor logits, Scalar limit) => Mean(logits, l => l.neg().add(limit, Scalars.One).minimum(zeros([], l.dtype, l.device)).neg());

    // Without logits, the loss is 0 with a gradient of 0.
    private static Tensor Mean(Tensor logits, Func<Tensor, Tensor> each)
    {
        using var scope = NewDisposeScope();
        return (logits.numel() == 0 ? logits.sum() : each(logits).mean()).MoveToOuterDisposeScope();
    }
}
