using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>
/// A discriminator with its optimizer, and what a generator loses against it (audiocraft/adversarial/losses.py). In a training step, first
/// <see cref="TrainAdversary"/> teaches the discriminator, then <see cref="forward"/> gives the generator's losses.
/// </summary>
public sealed class AdversarialLoss : Module<Tensor, Tensor, (Tensor Adversarial, Tensor Features)>
{
    private readonly MultiDiscriminator adversary;
    private readonly FeatureMatchingLoss? loss_feat;
    private readonly AdversarialCriterion criterion;
    private readonly bool normalize;
    private readonly Action zeroGradients;
    private readonly Action step;

    /// <summary>Takes a discriminator, which is disposed with it, and an optimizer of its parameters, which is not.</summary>
    /// <param name="adversary">The discriminator.</param>
    /// <param name="optimizer">Changes the discriminator's parameters.</param>
    /// <param name="criterion">What both strive for; without it the hinge loss, EnCodec's.</param>
    /// <param name="featureLoss">Compares feature maps; without it there is no such loss.</param>
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

    /// <summary>Teaches the discriminator to tell the two apart: one step of its optimizer. Gradients of the sounds are not touched.</summary>
    /// <param name="fake">Generated sounds, [B, C, T].</param>
    /// <param name="real">Real sounds, [B, C, T].</param>
    /// <returns>The discriminator's loss before the step: a scalar without gradient, which the caller disposes.</returns>
    /// <exception cref="ArgumentException">The sounds are not what the discriminator takes.</exception>
    public Tensor TrainAdversary(Tensor fake, Tensor real)
    {
        ArgumentNullException.ThrowIfNull(fake);
        ArgumentNullException.ThrowIfNull(real);
        using var scope = NewDisposeScope();
        var ofFake = adversary.forward(fake.detach()).Logits;
        var ofReal = adversary.forward(real.detach()).Logits;
        var sum = stack(ofFake.Zip(ofReal, (f, r) => criterion.Fake(f) + criterion.Real(r))).sum();
        var loss = normalize ? sum / ofFake.Count : sum;
        zeroGradients();
        loss.backward();
        step();
        return loss.detach().MoveToOuterDisposeScope();
    }

    /// <summary>What the generator loses. The discriminator's parameters get no gradient.</summary>
    /// <param name="fake">Generated sounds, [B, C, T], through which gradients flow.</param>
    /// <param name="real">Real sounds of the same shape.</param>
    /// <returns>The adversarial loss, and that of the features, 0 without gradient if there is none. The caller disposes both.</returns>
    /// <exception cref="ArgumentException">The sounds are not what the discriminator takes.</exception>
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
            adversarial = adversarial / ofFake.Logits.Count;
            features = features / ofFake.Logits.Count;
        }

        return (adversarial.MoveToOuterDisposeScope(), features.MoveToOuterDisposeScope());
    }

    /// <summary>While it lives, no gradients are computed for the parameters of a module.</summary>
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
