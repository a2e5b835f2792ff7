using AudioCraft.Conditioning;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>Makes a <see cref="DacModel"/> for inference from a file of descript's or a directory in Hugging Face's layout: weight normalisation folded, in evaluation mode.</summary>
internal static class DacLoader
{
    private const string HubConfig = "config.json";

    /// <summary>Whether a file or directory says that it holds a DAC; then it is loaded, else null.</summary>
    /// <exception cref="CheckpointException">It does, and is damaged or not supported.</exception>
    public static DacModel? TryLoad(string path, Device device)
    {
        if (Directory.Exists(path))
        {
            return IsHubDirectory(path) ? LoadDirectory(path, device) : null;
        }

        if (Path.GetExtension(path) == ".safetensors")
        {
            var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
            return IsHubDirectory(directory) ? LoadHub(directory, SafetensorsFile.Open(path), device) : null;
        }

        using var file = TorchFile.Open(path);
        return DacTorchConfig.IsDac(file) ? Load(DacTorchConfig.Read(file), file.StateDict(DacTorchConfig.WeightsKey), device) : null;
    }

    /// <summary>From weights of a known shape.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="weights">The weights, weight-normalised in either spelling or not.</param>
    /// <param name="device">Where the model is to be.</param>
    /// <param name="rename">Turns upstream's names, weight normalisation folded, into those of the weights; null where they are the same.</param>
    /// <exception cref="CheckpointException">The weights do not fit the shape, or the shape is not one that a DAC can have.</exception>
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

        // A configuration can ask for any amount of memory; the file says how much there is to fill.
        var stored = weights.Tensors.Values.Sum(t => (double)t.ElementCount);
        if (config.ParameterCount() > stored)
        {
            throw new CheckpointException($"{weights.Source}: the configuration describes a model of {config.ParameterCount()} weights, but only {stored} are stored.");
        }

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

    private static bool IsHubDirectory(string directory)
    {
        var path = Path.Combine(directory, HubConfig);
        return File.Exists(path) && T5Config.ReadJson(path, DacHubConfig.IsDac);
    }

    private static DacModel LoadDirectory(string directory, Device device) => LoadHub(directory, ModelDirectory.OpenWeights(directory), device);

    private static DacModel LoadHub(string directory, TensorArchive weights, Device device)
    {
        using (weights)
        {
            var path = Path.Combine(directory, HubConfig);
            var config = T5Config.ReadJson(path, json => DacHubConfig.Read(json, path));
            return Load(config, weights, device, DacHubNames.For(config));
        }
    }
}
