namespace AudioCraft.Checkpoints;

/// <summary>
/// One model of a checkpoint in audiocraft's format (upstream: audiocraft/models/loaders.py and utils/export.py): its configuration and its weights.
/// It is either a file of <c>torch.save</c> with <c>{'best_state': …, 'xp.cfg': …}</c>, or its converted form: the same tensors with the same names in
/// <c>state_dict.safetensors</c> or <c>compression_state_dict.safetensors</c>, and beside them a <c>config.json</c>
/// <c>{"model_type": "audiocraft", "state_dict": {"xp.cfg": text}, "compression_state_dict": {"xp.cfg": text} or {"pretrained": name}}</c>.
/// </summary>
public sealed class AudioCraftCheckpoint : IDisposable
{
    /// <summary>File name, without extension, of a checkpoint's language model.</summary>
    public const string LanguageModelName = "state_dict";

    /// <summary>File name, without extension, of a checkpoint's codec.</summary>
    public const string CompressionModelName = "compression_state_dict";

    /// <summary>The <c>model_type</c> in the <c>config.json</c> of a converted checkpoint.</summary>
    public const string ModelType = "audiocraft";

    /// <summary>Key of a model's configuration.</summary>
    internal const string ConfigKey = "xp.cfg";

    /// <summary>Key of the name of another model that is used as this one.</summary>
    internal const string PretrainedKey = "pretrained";

    private const string WeightsKey = "best_state";

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

    /// <summary>The file.</summary>
    public string Source { get; }

    /// <summary>The name of another model that is used as this one, such as <c>facebook/encodec_32khz</c>; null if the checkpoint has its own weights.</summary>
    public string? Pretrained { get; }

    /// <summary>The configuration that the model was trained with.</summary>
    /// <exception cref="CheckpointException">The checkpoint only names another model: <see cref="Pretrained"/>.</exception>
    public XpConfig Config => config ?? throw OnlyNamed();

    /// <summary><see cref="Config"/> as YAML text, as in the checkpoint.</summary>
    /// <exception cref="CheckpointException">The checkpoint only names another model: <see cref="Pretrained"/>.</exception>
    public string ConfigText => text ?? throw OnlyNamed();

    /// <summary>The weights, with upstream's names. They can be read until this object is disposed.</summary>
    /// <exception cref="CheckpointException">The checkpoint only names another model: <see cref="Pretrained"/>.</exception>
    public TensorArchive Weights => weights ?? throw OnlyNamed();

    /// <summary>Opens the language model of a checkpoint: a directory, or the file itself.</summary>
    /// <exception cref="CheckpointException">The checkpoint does not exist (the message lists what was looked for), is damaged, or is in another format.</exception>
    public static AudioCraftCheckpoint OpenLanguageModel(string path) => Open(path, LanguageModelName);

    /// <summary>Opens the codec of a checkpoint: a directory, or the file itself.</summary>
    /// <exception cref="CheckpointException">The checkpoint does not exist (the message lists what was looked for), is damaged, or is in another format.</exception>
    public static AudioCraftCheckpoint OpenCompressionModel(string path) => Open(path, CompressionModelName);

    /// <summary>Closes the file.</summary>
    public void Dispose() => file?.Dispose();

    /// <summary>Whether a directory or file seems to hold a model in this format.</summary>
    /// <param name="source">The directory or file.</param>
    /// <param name="name"><see cref="LanguageModelName"/> or <see cref="CompressionModelName"/>.</param>
    /// <exception cref="CheckpointException">A file that had to be examined is damaged.</exception>
    internal static bool IsIn(CheckpointSource source, string name)
    {
        string converted = name + CheckpointFiles.Safetensors, original = name + CheckpointFiles.Torch;
        if (source.IsFile)
        {
            return source.IsSafetensors
                ? source.FileName == converted || source.ModelType == ModelType
                : source.FileName == original || (source.Torch is { } file && (file.Find(PretrainedKey) is string || IsModel(file)));
        }

        return source.Has(converted) || source.Has(original) || (source.Config is { } config && IsOnlyNamed(config, name));
    }

    private static bool IsModel(TorchFile file) => file.Find(ConfigKey) is string && file.Find(WeightsKey) is PickleDict;

    /// <summary>Whether the configuration names another model as the codec, which needs no weights.</summary>
    private static bool IsOnlyNamed(XpConfig config, string name) => name == CompressionModelName && Described(config, name).Pretrained is not null;

    private static AudioCraftCheckpoint Open(string path, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (File.Exists(path))
        {
            return Path.GetExtension(path) == CheckpointFiles.Safetensors ? OpenConverted(path, Path.GetDirectoryName(Path.GetFullPath(path))!, name) : OpenOriginal(path);
        }

        string converted = Path.Combine(path, name + CheckpointFiles.Safetensors), original = Path.Combine(path, name + CheckpointFiles.Torch);
        if (File.Exists(converted))
        {
            return OpenConverted(converted, path, name);
        }

        if (File.Exists(original))
        {
            return OpenOriginal(original);
        }

        var description = Path.Combine(path, CheckpointFiles.Config);
        return File.Exists(description) && XpConfig.LoadJson(description) is var config && IsOnlyNamed(config, name)
            ? new AudioCraftCheckpoint(description, Described(config, name).Pretrained!)
            : throw new CheckpointException(Directory.Exists(path)
                ? $"{path} is not a checkpoint of audiocraft: it has neither {name}{CheckpointFiles.Torch} nor {name}{CheckpointFiles.Safetensors} with {CheckpointFiles.Config}."
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

            return IsModel(file)
                ? new AudioCraftCheckpoint(path, (string)file.Find(ConfigKey)!, file.StateDict(WeightsKey), file)
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
        var description = Path.Combine(directory, CheckpointFiles.Config);
        if (!File.Exists(description))
        {
            throw new CheckpointException($"{path} needs a {CheckpointFiles.Config} beside it, which does not exist.");
        }

        var (config, pretrained) = Described(XpConfig.LoadJson(description), name);
        if (pretrained is not null)
        {
            return new AudioCraftCheckpoint(path, pretrained);
        }

        if (config is null)
        {
            throw new CheckpointException($"{description} does not describe {name}: it needs \"model_type\": \"{ModelType}\" and \"{name}\": {{\"{ConfigKey}\": …}}.");
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

    private static (string? Config, string? Pretrained) Described(XpConfig json, string name) =>
        json.Text("model_type") == ModelType && json.IsSection(name) && json.Section(name) is var model ? (model.Text(ConfigKey), model.Text(PretrainedKey)) : (null, null);

    private CheckpointException OnlyNamed() => new($"{Source} has no model of its own; it names '{Pretrained}'.");
}
