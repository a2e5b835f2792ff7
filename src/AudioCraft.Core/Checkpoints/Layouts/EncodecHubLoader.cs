using System.Text.Json;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>Loads an EnCodec from a directory in Hugging Face's layout: <c>config.json</c> and <c>model.safetensors</c>.</summary>
internal static class EncodecHubLoader
{
    private const string ConfigFile = "config.json";
    private const long LargestConfig = 16 << 20;

    /// <summary>The model in a directory, or null if what is there is of another kind.</summary>
    /// <param name="name">The directory, or a file of weights in it.</param>
    /// <param name="device">Where the model is to be.</param>
    /// <exception cref="CheckpointException">It is an EnCodec, but damaged or not supported.</exception>
    public static EncodecModel? TryLoad(string name, Device device)
    {
        var directory = Directory.Exists(name) ? name : Path.GetDirectoryName(Path.GetFullPath(name))!;
        var path = Path.Combine(directory, ConfigFile);
        if (!File.Exists(path) || (File.Exists(name) && Path.GetFileName(name) is not ("model.safetensors" or "pytorch_model.bin")))
        {
            return null;
        }

        using var json = Parse(path);
        if (!EncodecHubConfig.IsEncodec(json.RootElement, path))
        {
            return null;
        }

        using var weights = ModelDirectory.OpenWeights(directory);
        var codebooks = EncodecHubNames.CountCodebooks(weights.Tensors.Keys);
        if (codebooks == 0)
        {
            throw new CheckpointException($"{weights.Source} has no codebook: it needs quantizer.layers.0.codebook.embed.");
        }

        return EncodecLoader.Load(
            EncodecHubConfig.Read(json.RootElement, codebooks, path), weights, device, new WeightLoadOptions { Rename = EncodecHubNames.Of });
    }

    private static JsonDocument Parse(string path)
    {
        using var file = new CheckpointFile(path);
        if (file.Length > LargestConfig)
        {
            throw new CheckpointException($"{path} has {file.Length} bytes; a configuration of at most {LargestConfig} is read.");
        }

        try
        {
            return JsonDocument.Parse(file.ReadBytes(0, file.Length), new JsonDocumentOptions { MaxDepth = 32 });
        }
        catch (JsonException e)
        {
            throw new CheckpointException($"{path} is not JSON: {e.Message}", e);
        }
    }
}
