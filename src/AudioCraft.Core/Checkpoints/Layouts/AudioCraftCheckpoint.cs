using System.Text.Json;

namespace AudioCraft.Checkpoints;

/// <summary>
/// One model of a checkpoint in audiocraft's format (upstream: audiocraft/models/loaders.py and utils/export.py): its configuration and its weights.
/// It is either a file of <c>torch.save</c> that holds <c>{'best_state': …, 'xp.cfg': …}</c>, or its converted form: the same tensors by the same names in
/// <c>state_dict.safetensors</c> or <c>compression_state_dict.safetensors</c>, and beside them a <c>config.json</c>
/// <c>{"model_type": "audiocraft", "state_dict": {"xp.cfg": text}, "compression_state_dict": {"xp.cfg": text} or {"pretrained": name}}</c>.
/// </summary>
public sealed class AudioCraftCheckpoint : IDisposable
{
    /// <summary>Name, without extension, of a checkpoint's language model.</summary>
    public const string LanguageModelName = "state_dict";

    /// <summary>Name, without extension, of a checkpoint's codec.</summary>
    public const string CompressionModelName = "compression_state_dict";

    /// <summary>The <c>model_type</c> in the <c>config.json</c> of a converted checkpoint.</summary>
    public const string ModelType = "audiocraft";

    /// <summary>Where a model's configuration is.</summary>
    internal const string ConfigKey = "xp.cfg";

    /// <summary>Where a checkpoint names a model that is used in place of its own.</summary>
    internal const string PretrainedKey = "pretrained";

    private const string ConfigFile = "config.json", WeightsKey = "best_state";

    private readonly XpConfig? config;
    private readonly string? text;
    private readonly TensorArchive? weights;
    private readonly TensorArchive? file;

    private AudioCraftCheckpoint(string source, string pretrained)
    {
        Source = source;
        Pretrained = pretrained;
    }

    private AudioCraftCheckpoint(string source, string config, TensorArchive weights, TensorArchive file)
    {
        Source = source;
        text = config;
        this.config = XpConfig.Parse(config, source);
        this.weights = weights;
        this.file = file;
    }

    /// <summary>The file that it was read from.</summary>
    public string Source { get; }

    /// <summary>The model that the checkpoint names in place of its own, such as <c>facebook/encodec_32khz</c>; null if it has its own.</summary>
    public string? Pretrained { get; }

    /// <summary>What the model was trained with.</summary>
    /// <exception cref="CheckpointException">The checkpoint only names another model: <see cref="Pretrained"/>.</exception>
    public XpConfig Config => config ?? throw OnlyNamed();

    /// <summary><see cref="Config"/> as it is written in the checkpoint: YAML.</summary>
    /// <exception cref="CheckpointException">The checkpoint only names another model: <see cref="Pretrained"/>.</exception>
    public string ConfigText => text ?? throw OnlyNamed();

    /// <summary>The weights, by upstream's names. They are read from the file until this is disposed.</summary>
    /// <exception cref="CheckpointException">The checkpoint only names another model: <see cref="Pretrained"/>.</exception>
    public TensorArchive Weights => weights ?? throw OnlyNamed();

    /// <summary>Opens the language model of a checkpoint: a directory, or the file itself.</summary>
    /// <exception cref="CheckpointException">Nothing is there (the message says what was looked for), or it is damaged or of another kind.</exception>
    public static AudioCraftCheckpoint OpenLanguageModel(string path) => Open(path, LanguageModelName);

    /// <summary>Opens the codec of a checkpoint: a directory, or the file itself.</summary>
    /// <exception cref="CheckpointException">Nothing is there (the message says what was looked for), or it is damaged or of another kind.</exception>
    public static AudioCraftCheckpoint OpenCompressionModel(string path) => Open(path, CompressionModelName);

    /// <summary>Closes the file.</summary>
    public void Dispose() => file?.Dispose();

    private static AudioCraftCheckpoint Open(string path, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (File.Exists(path))
        {
            return Path.GetExtension(path) == ".safetensors" ? OpenConverted(path, Path.GetDirectoryName(Path.GetFullPath(path))!, name) : OpenOriginal(path);
        }

        string converted = Path.Combine(path, name + ".safetensors"), original = Path.Combine(path, name + ".bin");
        if (File.Exists(converted))
        {
            return OpenConverted(converted, path, name);
        }

        if (File.Exists(original))
        {
            return OpenOriginal(original);
        }

        // A codec that is only named needs no weights beside its config.json.
        return name == CompressionModelName && File.Exists(Path.Combine(path, ConfigFile)) && Described(path, name) is { Pretrained: { } pretrained }
            ? new AudioCraftCheckpoint(Path.Combine(path, ConfigFile), pretrained)
            : throw new CheckpointException(Directory.Exists(path)
                ? $"{path} is not a checkpoint of audiocraft: it has neither {name}.bin nor {name}.safetensors with {ConfigFile}."
                : $"{path} is neither a file nor a directory.");
    }

    private static AudioCraftCheckpoint OpenOriginal(string path)
    {
        var file = TorchFile.Open(path);
        try
        {
            if (file.Find(PretrainedKey) is string pretrained)
            {
                file.Dispose();
                return new AudioCraftCheckpoint(path, pretrained);
            }

            return file.Find(ConfigKey) is string config && file.Find(WeightsKey) is PickleDict
                ? new AudioCraftCheckpoint(path, config, file.StateDict(WeightsKey), file)
                : throw new CheckpointException($"{path} is not a checkpoint of audiocraft: it needs the weights under '{WeightsKey}' and the configuration's text under '{ConfigKey}'.");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static AudioCraftCheckpoint OpenConverted(string path, string directory, string name)
    {
        if (!File.Exists(Path.Combine(directory, ConfigFile)))
        {
            throw new CheckpointException($"{path} needs a {ConfigFile} beside it, and there is none.");
        }

        var (config, pretrained) = Described(directory, name);
        if (pretrained is not null)
        {
            return new AudioCraftCheckpoint(path, pretrained);
        }

        if (config is null)
        {
            throw new CheckpointException($"{Path.Combine(directory, ConfigFile)} does not describe {name}: it needs \"model_type\": \"{ModelType}\" and \"{name}\": {{\"{ConfigKey}\": …}}.");
        }

        var file = SafetensorsFile.Open(path);
        try
        {
            return new AudioCraftCheckpoint(path, config, file, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static (string? Config, string? Pretrained) Described(string directory, string name)
    {
        const long MaximumBytes = 16 << 20;
        var path = Path.Combine(directory, ConfigFile);
        using var file = new CheckpointFile(path);
        if (file.Length > MaximumBytes)
        {
            throw new CheckpointException($"{path} has {file.Length} bytes; a configuration of at most {MaximumBytes} is read.");
        }

        try
        {
            using var json = JsonDocument.Parse(file.ReadBytes(0, file.Length), new JsonDocumentOptions { MaxDepth = 32 });
            return Text(json.RootElement, "model_type") == ModelType && json.RootElement.TryGetProperty(name, out var model)
                ? (Text(model, ConfigKey), Text(model, PretrainedKey))
                : (null, null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException($"{path} is not JSON of the kind it should be: {e.Message}", e);
        }
    }

    private static string? Text(JsonElement element, string key) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private CheckpointException OnlyNamed() => new($"{Source} holds no model of its own: it names '{Pretrained}'.");
}
