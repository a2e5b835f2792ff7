using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>
/// A discriminator with its optimizer, and the adversarial loss of a generator (audiocraft/adversarial/losses.py). In a training step, first
/// <see cref="TrainAdversary"/> updates the discriminator, then <see cref="forward"/> computes the losses of the generator.
/// </summary>
public sealed class AdversarialLoss : Module<Tensor, Tensor, (Tensor Adversarial, Tensor Features)>
{
    private readonly MultiDiscriminator adversary;
    private readonly FeatureMatchingLoss? loss_feat;
    private readonly AdversarialCriterion criterion;
    private readonly bool normalize;
    private readonly Action zeroGradients;
    private readonly Action step;

    /// <summary>Creates the loss. It disposes the discriminator, but not the optimizer.</summary>
    /// <param name="adversary">The discriminator.</param>
    /// <param name="optimizer">Optimizer of the parameters of the discriminator.</param>
    /// <param name="criterion">Losses of both; null for the hinge loss, as in EnCodec.</param>
    /// <param name="featureLoss">Loss of the feature maps; null for none.</param>
    /// <param name="normalize">Whether losses are divided by the number of parts of the discriminator.</param>
    public AdversarialLoss(
        MultiDiscriminator adversary, AdamW optimizer, AdversarialCriterion? criterion = null, FeatureMatchingLoss? featureLoss = null, bool normalize = true)
        : this(adversary, criterion, featureLoss, normalize)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        zeroGradients = optimizer.ZeroGradients;
        step = () => optimizer.Step();
    }

    /// <inheritdoc cref="AdversarialLoss(MultiDiscriminator, AdamW, AdversarialCriterion, FeatureMatchingLoss, bool)"/>
    public AdversarialLoss(
        MultiDiscriminator adversary, optim.Optimizer optimizer, AdversarialCriterion? criterion = null, FeatureMatchingLoss? featureLoss = null,
        bool normalize = true) : this(adversary, criterion, featureLoss, normalize)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        zeroGradients = optimizer.zero_grad;
        step = () => optimizer.step();
    }

    private AdversarialLoss(MultiDiscriminator adversary, AdversarialCriterion? criterion, FeatureMatchingLoss? featureLoss, bool normalize)
        : base(nameof(AdversarialLoss))
    {
        ArgumentNullException.ThrowIfNull(adversary);
        this.adversary = adversary;
        this.criterion = criterion ?? AdversarialCriterion.Hinge;
        loss_feat = featureLoss;
        this.normalize = normalize;
        zeroGradients = step = () => { };
        RegisterComponents();
    }

    /// <summary>The discriminator.</summary>
    public MultiDiscriminator Adversary => adversary;

    /// <summary>Updates the discriminator by one step of its optimizer. Gradients of the audio are not changed.</summary>
    /// <param name="fake">Generated audio, [B, C, T].</param>
    /// <param name="real">Real audio, [B, C, T].</param>
    /// <returns>The discriminator's loss before the step: a scalar without gradient, which the caller disposes.</returns>
    /// <exception cref="ArgumentException">The audio has the wrong shape for the discriminator.</exception>
    public Tensor TrainAdversary(Tensor fake, Tensor real)
    {
        ArgumentNullException.ThrowIfNull(fake);
        ArgumentNullException.ThrowIfNull(real);
        using var scope = NewDisposeScope();
        var ofFake = adversary.forward(fake.detach()).Logits;
        var ofReal = adversary.forward(real.detach()).Logits;
        var sum = stack(ofFake.Zip(ofReal, (f, r) => criterion.Fake(f).add(criterion.Real(r), Scalars.One))).sum();
        using Scalar count = normalize ? ofFake.Count : 1;
        var loss = sum.div(count);
        zeroGradients();
        loss.backward();
        step();
        return loss.detach().MoveToOuterDisposeScope();
    }

    /// <summary>Computes the losses of the generator. The parameters of the discriminator get no gradient.</summary>
    /// <param name="fake">Generated audio, [B, C, T], with gradient.</param>
    /// <param name="real">Real audio of the same shape.</param>
    /// <returns>The adversarial loss and the feature matching loss (0 without gradient if there is none). The caller disposes both.</returns>
    /// <exception cref="ArgumentException">The audio has the wrong shape for the discriminator.</exception>
    public override (Tensor Adversarial, Tensor Features) forward(Tensor fake, Tensor real)
    {
        ArgumentNullException.ThrowIfNull(fake);
        ArgumentNullException.ThrowIfNull(real);
        using var scope = NewDisposeScope();
        using var frozen = new Frozen(adversary);
        var ofFake = adversary.forward(fake);
        var adversarial = stack(ofFake.Logits.Select(criterion.Generator)).sum();
        var features = zeros([], fake.dtype, fake.device);
        if (loss_feat is not null)
        {
            var ofReal = adversary.forward(real);
            features = stack(ofFake.FeatureMaps.Zip(ofReal.FeatureMaps, loss_feat.forward)).sum();
        }

        if (normalize)
        {
            using Scalar count = ofFake.Logits.Count;
            adversarial = adversarial.div(count);
            features = features.div(count);
        }

        return (adversarial.MoveToOuterDisposeScope(), features.MoveToOuterDisposeScope());
    }

    /// <summary>Disables gradients of the parameters of a module until disposed.</summary>
    private sealed class Frozen : IDisposable
    {
        private readonly List<Parameter> parameters;

        public Frozen(Module module)
        {
            parameters = module.parameters().Where(parameter => parameter.requires_grad).ToList();
            parameters.ForEach(parameter => parameter.requires_grad = false);
        }

        public void Dispose() => parameters.ForEach(parameter => parameter.requires_grad = true);
    }
}
