using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>The distance of the feature maps of generated and real audio (audiocraft/adversarial/losses.py).</summary>
public sealed class FeatureMatchingLoss : Module
{
    private readonly Module<Tensor, Tensor, Tensor> loss;
    private readonly bool normalize;

    /// <summary>Creates the loss.</summary>
    /// <param name="loss">Loss of two feature maps; null for <see cref="L1Loss"/>.</param>
    /// <param name="normalize">Whether the sum over the feature maps is divided by their number.</param>
    public FeatureMatchingLoss(Module<Tensor, Tensor, Tensor>? loss = null, bool normalize = true) : base(nameof(FeatureMatchingLoss))
    {
        this.loss = loss ?? new L1Loss();
        this.normalize = normalize;
        RegisterComponents();
    }

    /// <summary>The loss of the feature maps of one discriminator.</summary>
    /// <param name="fake">Feature maps of generated audio.</param>
    /// <param name="real">Feature maps of real audio, with the same number and shapes.</param>
    /// <returns>A scalar that the caller disposes.</returns>
    /// <exception cref="ArgumentException">There are no feature maps, or their numbers or shapes differ.</exception>
    public Tensor forward(IReadOnlyList<Tensor> fake, IReadOnlyList<Tensor> real)
    {
        ArgumentNullException.ThrowIfNull(fake);
        ArgumentNullException.ThrowIfNull(real);
        if (fake.Count == 0 || fake.Count != real.Count || fake.Zip(real).Any(pair => !pair.First.shape.SequenceEqual(pair.Second.shape)))
        {
            throw new ArgumentException($"{fake.Count} feature maps and {real.Count}: as many of the same shapes were expected, at least one.", nameof(real));
        }

        using var scope = NewDisposeScope();
        var sum = stack(fake.Zip(real, (have, want) => loss.forward(have, want).reshape([]))).sum();
        using Scalar count = normalize ? fake.Count : 1;
        return sum.div(count).MoveToOuterDisposeScope();
    }
}
