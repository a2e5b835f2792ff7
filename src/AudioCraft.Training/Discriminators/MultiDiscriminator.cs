using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>A discriminator made of several that look at the sound in different ways (audiocraft/adversarial/discriminators/base.py).</summary>
public abstract class MultiDiscriminator : Module<Tensor, DiscriminatorOutput>
{
    private protected readonly ModuleList<SubDiscriminator> discriminators;
    private readonly int channels;

    /// <param name="name">Name of the module.</param>
    /// <param name="channels">Channels of the sounds, or 0 if that is for the parts to say.</param>
    /// <param name="parts">The discriminators it is made of.</param>
    private protected MultiDiscriminator(string name, int channels, IEnumerable<SubDiscriminator> parts) : base(name)
    {
        this.channels = channels;
        discriminators = new ModuleList<SubDiscriminator>(parts.ToArray());
        if (discriminators.Count == 0)
        {
            throw new ArgumentException($"A {name} has at least one part.", nameof(parts));
        }
    }

    /// <summary>How many discriminators it is made of.</summary>
    public int NumDiscriminators => discriminators.Count;

    /// <summary>The discriminators it is made of.</summary>
    public IReadOnlyList<SubDiscriminator> Parts => [.. discriminators];

    /// <summary>The fewest samples a sound must have.</summary>
    public virtual long MinSamples => discriminators.Max(part => part.MinSamples);

    /// <summary>Looks at a sound.</summary>
    /// <param name="input">[B, C, T].</param>
    /// <returns>Logits and feature maps of each part; the caller disposes them.</returns>
    /// <exception cref="ArgumentException">The sound has another shape or is too short.</exception>
    public override DiscriminatorOutput forward(Tensor input)
    {
        SoundShape.Check(input, nameof(input), MinSamples, channels == 0 ? null : channels);
        using var scope = NewDisposeScope();
        var logits = new List<Tensor>();
        var maps = new List<IReadOnlyList<Tensor>>();
        var current = Prepare(input);
        for (var i = 0; i < discriminators.Count; i++)
        {
            if (i > 0)
            {
                current = Next(current);
            }

            var (score, features) = discriminators[i].forward(current);
            logits.Add(score.MoveToOuterDisposeScope());
            maps.Add(features);
            foreach (var feature in features)
            {
                feature.MoveToOuterDisposeScope();
            }
        }

        return new DiscriminatorOutput(logits, maps);
    }

    /// <summary>What the first part looks at.</summary>
    private protected virtual Tensor Prepare(Tensor input) => input;

    /// <summary>What the next part looks at, from what the last one did.</summary>
    private protected virtual Tensor Next(Tensor current) => current;
}
