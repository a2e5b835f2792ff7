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
        // A configuration can ask for any amount of memory; the file says how much there is to fill.
        var stored = weights.Tensors.Values.Sum(t => (double)t.ElementCount);
        var needed = config.LeastParameterCount();
        if (needed > stored)
        {
            throw new CheckpointException($"{weights.Source}: the configuration describes a model of at least {needed} weights, but only {stored} are stored.");
        }

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
