using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AudioCraft.Checkpoints;
using AudioCraft.Formats;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// Writes a model into a checkpoint directory in the format that <see cref="AudioCraftCheckpoint"/> reads: <c>NAME.safetensors</c>, and its configuration as an entry of <c>config.json</c>,
/// whose other entries are kept.
/// </summary>
public static class CheckpointExport
{
    /// <summary>Writes one model. The weights are written before the configuration that names them.</summary>
    /// <param name="directory">The checkpoint directory; created if it does not exist.</param>
    /// <param name="name"><see cref="AudioCraftCheckpoint.LanguageModelName"/> or <see cref="AudioCraftCheckpoint.CompressionModelName"/>.</param>
    /// <param name="config">The configuration as YAML.</param>
    /// <param name="weights">By upstream's names. The caller keeps ownership.</param>
    /// <exception cref="AudioCraftException">A file cannot be written, or an existing <c>config.json</c> belongs to another model type.</exception>
    public static void Write(string directory, string name, string config, IReadOnlyDictionary<string, Tensor> weights)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentException.ThrowIfNullOrEmpty(config);
        if (name is not (AudioCraftCheckpoint.LanguageModelName or AudioCraftCheckpoint.CompressionModelName))
        {
            throw new ArgumentException($"'{name}' is not part of a checkpoint; {AudioCraftCheckpoint.LanguageModelName} or {AudioCraftCheckpoint.CompressionModelName} was expected.", nameof(name));
        }

        var path = Path.Combine(directory, CheckpointFiles.Config);
        var description = File.Exists(path) ? ReadConfig(path) : new JsonObject();
        description["model_type"] = AudioCraftCheckpoint.ModelType;
        description[name] = new JsonObject { [AudioCraftCheckpoint.ConfigKey] = config };
        SafetensorsWriter.Write(Path.Combine(directory, name + CheckpointFiles.Safetensors), weights, new Dictionary<string, string> { ["format"] = "pt" });
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(description.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n")));
    }

    private static JsonObject ReadConfig(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(path), documentOptions: new JsonDocumentOptions { MaxDepth = 32 }) is JsonObject read
                && (read["model_type"] is null || (read["model_type"] is JsonValue type && type.TryGetValue(out string? text) && text == AudioCraftCheckpoint.ModelType))
                ? read
                : throw new CheckpointException($"'{path}' belongs to another model type and is not overwritten.");
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            throw new CheckpointException($"'{path}' cannot be read: {error.Message}", error);
        }
    }
}
