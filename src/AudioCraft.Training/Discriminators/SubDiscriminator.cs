using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Training;

/// <summary>One part of a discriminator: layers with activations, whose outputs are the feature maps, and a last convolution that computes the logits.</summary>
public abstract class SubDiscriminator : Module<Tensor, (Tensor Logits, IReadOnlyList<Tensor> FeatureMaps)>
{
    /// <param name="name">Name of the module.</param>
    private protected SubDiscriminator(string name) : base(name)
    {
    }

    /// <summary>Minimum number of samples.</summary>
    public abstract long MinSamples { get; }

    /// <summary>LeakyReLU with a slope of 0.2, the default of all discriminators in upstream.</summary>
    internal static ActivationConfig DefaultActivation { get; } =
        new("LeakyReLU", new Dictionary<string, double> { ["negative_slope"] = 0.2 });

    /// <summary>Runs the layers. Called in a dispose scope; the results are moved to the outer scope.</summary>
    private protected static (Tensor Logits, IReadOnlyList<Tensor> FeatureMaps) Run(
        Tensor input, IEnumerable<Module<Tensor, Tensor>> layers, ActivationConfig activation, DiscriminatorConv last, bool logitsAreFeatures)
    {
        var maps = new List<Tensor>();
        var current = input;
        foreach (var layer in layers)
        {
            using var seen = layer.forward(current);
            current = activation.Apply(seen);
            maps.Add(current.MoveToOuterDisposeScope());
        }

        var logits = last.forward(current).MoveToOuterDisposeScope();
        if (logitsAreFeatures)
        {
            // A separate tensor object, so that each result can be disposed.
            maps.Add(logits.alias().MoveToOuterDisposeScope());
        }

        return (logits, maps);
    }

    /// <summary>The length after a convolution, at least 0.</summary>
    private protected static long LengthAfter(long length, long kernel, long stride, long padding)
    {
        var span = length + (2 * padding) - kernel;
        return span < 0 ? 0 : (span / stride) + 1;
    }
}
