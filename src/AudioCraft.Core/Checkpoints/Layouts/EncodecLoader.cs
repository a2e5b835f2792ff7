using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>Makes an <see cref="EncodecModel"/> for inference from weights: weight normalisation folded, in evaluation mode.</summary>
internal static class EncodecLoader
{
    /// <summary>From an audiocraft checkpoint's parts.</summary>
    /// <exception cref="CheckpointException">The configuration or the weights are not those of an EnCodec, or do not fit each other.</exception>
    public static EncodecModel Load(XpConfig config, TensorArchive weights, Device device) => Load(EncodecXpConfig.Read(config), weights, device);

    /// <summary>From weights of a known shape, by upstream's names unless the options say otherwise.</summary>
    /// <exception cref="CheckpointException">The weights do not fit the shape.</exception>
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
