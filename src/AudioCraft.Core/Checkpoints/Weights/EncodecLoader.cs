using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>Builds an <see cref="EncodecModel"/> for inference from its configuration and weights: weight normalization folded, in evaluation mode.</summary>
internal static class EncodecLoader
{
    /// <summary>Builds the model. The weights have upstream's names unless the options map them.</summary>
    /// <exception cref="CheckpointException">The weights do not fit the configuration.</exception>
    public static EncodecModel Load(EncodecConfig config, TensorArchive weights, Device device, WeightLoadOptions? options = null)
    {
        weights.CheckHolds(config.MinParameterCount(), "codec");
        EncodecModel model;
        using (new DeferredInitialization())
        {
            model = new EncodecModel(config);
        }

        try
        {
            using var folded = new WeightNormArchive(weights);
            WeightLoader.Load(model, folded, options);
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
