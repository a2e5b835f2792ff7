using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>Builds a <see cref="DacModel"/> for inference from its configuration and weights: weight normalization folded, in evaluation mode.</summary>
internal static class DacLoader
{
    /// <summary>Builds the model.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="weights">The weights, with or without weight normalization, in either spelling.</param>
    /// <param name="device">The device to load to.</param>
    /// <param name="rename">Maps upstream's names, weight normalization folded, to those of the weights; null if they are the same.</param>
    /// <exception cref="CheckpointException">The weights do not fit the configuration, or the configuration is invalid.</exception>
    public static DacModel Load(DacConfig config, TensorArchive weights, Device device, Func<string, string?>? rename = null)
    {
        try
        {
            config.Validate();
        }
        catch (Exception e) when (e is ArgumentException or OverflowException)
        {
            throw new CheckpointException($"{weights.Source}: {e.Message}", e);
        }

        weights.CheckHolds(config.ParameterCount(), "DAC");
        DacModel model;
        using (new DeferredInitialization())
        {
            model = new DacModel(config);
        }

        try
        {
            using var folded = new WeightNormArchive(weights);
            WeightLoader.Load(model, folded, new WeightLoadOptions { Rename = rename });
            model.eval();
            model.to(device);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}
