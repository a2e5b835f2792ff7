using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>A discriminator that consists of several (audiocraft/adversarial/discriminators/base.py).</summary>
public abstract class MultiDiscriminator : Module<Tensor, DiscriminatorOutput>
{
    private protected readonly ModuleList<SubDiscriminator> discriminators;
    private readonly int channels;

    /// <param name="name">Name of the module.</param>
    /// <param name="channels">Channels of the audio, or 0 if the parts check them.</param>
    /// <param name="parts">The discriminators.</param>
    private protected MultiDiscriminator(string name, int channels, IEnumerable<SubDiscriminator> parts) : base(name)
    {
        this.channels = channels;
        discriminators = new ModuleList<SubDiscriminator>(parts.ToArray());
        if (discriminators.Count == 0)
        {
            throw new ArgumentException($"A {name} has at least one part.", nameof(parts));
        }
    }

    /// <summary>Number of discriminators.</summary>
    public int NumDiscriminators => discriminators.Count;

    /// <summary>The discriminators.</summary>
    public IReadOnlyList<SubDiscriminator> Parts => [.. discriminators];

    /// <summary>Minimum number of samples.</summary>
    public virtual long MinSamples => discriminators.Max(part => part.MinSamples);

    /// <summary>Runs the discriminators.</summary>
    /// <param name="input">[B, C, T].</param>
    /// <returns>Logits and feature maps of each part; the caller disposes them.</returns>
    /// <exception cref="ArgumentException">The audio has another shape or is too short.</exception>
    public override DiscriminatorOutput forward(Tensor input)
    {
        AudioShape.Check(input, nameof(input), MinSamples, channels == 0 ? null : channels);
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

    /// <summary>Input of the first part.</summary>
    private protected virtual Tensor Prepare(Tensor input) => input;

    /// <summary>Input of the next part, from that of the last one.</summary>
    private protected virtual Tensor Next(Tensor current) => current;
}
