using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>The output of a discriminator: logits and feature maps of each of its parts.</summary>
/// <param name="Logits">One tensor per part, of any shape; larger values mean real audio.</param>
/// <param name="FeatureMaps">The outputs of the layers of each part.</param>
public sealed record DiscriminatorOutput(IReadOnlyList<Tensor> Logits, IReadOnlyList<IReadOnlyList<Tensor>> FeatureMaps) : IDisposable
{
    /// <summary>Releases all tensors.</summary>
    public void Dispose()
    {
        foreach (var tensor in Logits.Concat(FeatureMaps.SelectMany(maps => maps)))
        {
            tensor.Dispose();
        }
    }
}
