using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>What a discriminator makes of a sound: for each of its parts, how real the sound seems, and what its layers saw.</summary>
/// <param name="Logits">One tensor a part, of any shape; larger means more like a real sound.</param>
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
