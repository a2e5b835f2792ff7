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

    private readonly CheckpointConfig? config;
    private readonly string? text;
    private readonly TensorArchive? weights;
    private IDisposable?[] owned = [];

    private AudioCraftCheckpoint(string source, string pretrained)
    {
        Source = source;
        Pretrained = pretrained;
    }

    private AudioCraftCheckpoint(string source, string config, TensorArchive weights)
    {
        Source = source;
        text = config;
        this.config = CheckpointConfig.Parse(config, source);
        this.weights = weights;
    }

    /// <summary>The file.</summary>
    public string Source { get; }

    /// <summary>The name of another model that is used as this one, such as <c>facebook/encodec_32khz</c>; null if the checkpoint has its own weights.</summary>
    public string? Pretrained { get; }

    /// <summary>The configuration that the model was trained with.</summary>
    /// <exception cref="CheckpointException">The checkpoint only names another model: <see cref="Pretrained"/>.</exception>
    public CheckpointConfig Config => config ?? throw OnlyNamed();

    /// <summary><see cref="Config"/> as YAML text, as in the checkpoint.</summary>
    /// <exception cref="CheckpointException">The checkpoint only names another model: <see cref="Pretrained"/>.</exception>
    public string ConfigText => text ?? throw OnlyNamed();

    /// <summary>The weights, with upstream's names. They can be read until this object is disposed.</summary>
    /// <exception cref="CheckpointException">The checkpoint only names another model: <see cref="Pretrained"/>.</exception>
    public TensorArchive Weights => weights ?? throw OnlyNamed();

    /// <summary>Opens the language model of a checkpoint: a directory, or the file itself.</summary>
    /// <exception cref="CheckpointException">The checkpoint does not exist (the message lists what was looked for), is damaged, or is in another format.</exception>
    public static AudioCraftCheckpoint OpenLanguageModel(string path) => OpenOwned(path, LanguageModelName);

    /// <summary>Opens the codec of a checkpoint: a directory, or the file itself.</summary>
    /// <exception cref="CheckpointException">The checkpoint does not exist (the message lists what was looked for), is damaged, or is in another format.</exception>
    public static AudioCraftCheckpoint OpenCompressionModel(string path) => OpenOwned(path, CompressionModelName);

    /// <summary>Closes the file.</summary>
    public void Dispose() => Array.ForEach(owned, resource => resource?.Dispose());

    /// <summary>Opens a model of a checkpoint. A file that the source has opened already is used, not opened again.</summary>
    /// <param name="source">The directory or file; it must stay open while the weights are read.</param>
    /// <param name="name"><see cref="LanguageModelName"/> or <see cref="CompressionModelName"/>.</param>
    /// <param name="owned">Disposed together with the result; may be null.</param>
    /// <exception cref="CheckpointException">The checkpoint does not exist, is damaged, or is in another format.</exception>
    internal static AudioCraftCheckpoint Open(CheckpointSource source, string name, IDisposable? owned = null)
    {
        if (source.IsFile)
        {
            var opened = source.IsSafetensors ? OpenConverted(source, source.Path, () => source.Archive, name) : OpenOriginal(source.Torch!, source.Path);
            opened.owned = [owned];
            return opened;
        }

        string converted = source.PathOf(name + CheckpointFiles.Safetensors), original = source.PathOf(name + CheckpointFiles.Torch);
        TensorArchive? file = null;
        try
        {
            var opened = File.Exists(converted) ? OpenConverted(source, converted, () => file = SafetensorsFile.Open(converted, source.Context.Options.MemoryMap), name)
                : File.Exists(original) ? OpenOriginal((TorchFile)(file = TorchFile.Open(original, source.Context.Options.MemoryMap)), original)
                : source.Config is { } config && IsOnlyNamed(config, name) ? new AudioCraftCheckpoint(source.PathOf(CheckpointFiles.Config), Described(config, name).Pretrained!)
                : throw new CheckpointException(
                    $"{source.Path} is not a checkpoint of audiocraft: it has neither {name}{CheckpointFiles.Torch} nor {name}{CheckpointFiles.Safetensors} with {CheckpointFiles.Config}.");
            opened.owned = [file, owned];
            return opened;
        }
        catch
        {
            file?.Dispose();
            throw;
        }
    }

    /// <summary>Whether a directory or file has a model in this format, decided by names.</summary>
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
    private static bool IsOnlyNamed(CheckpointConfig config, string name) => name == CompressionModelName && Described(config, name).Pretrained is not null;

    private static AudioCraftCheckpoint OpenOwned(string path, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var source = new CheckpointSource(path, new LoadContext(new PretrainedOptions()));
        try
        {
            return Open(source, name, owned: source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private static AudioCraftCheckpoint OpenOriginal(TorchFile file, string path)
    {
        if (file.Find(PretrainedKey) is string pretrained)
        {
            return new AudioCraftCheckpoint(path, pretrained);
        }

        return IsModel(file)
            ? new AudioCraftCheckpoint(path, (string)file.Find(ConfigKey)!, file.StateDict(WeightsKey))
            : throw new CheckpointException($"{path} is not a checkpoint of audiocraft: the weights under '{WeightsKey}' and the text of the configuration under '{ConfigKey}' are required.");
    }

    private static AudioCraftCheckpoint OpenConverted(CheckpointSource source, string path, Func<TensorArchive> open, string name)
    {
        if (source.Config is not { } json)
        {
            throw new CheckpointException($"{path} needs a {CheckpointFiles.Config} in the same directory, which does not exist.");
        }

        var (config, pretrained) = Described(json, name);
        if (pretrained is not null)
        {
            return new AudioCraftCheckpoint(path, pretrained);
        }

        return config is not null
            ? new AudioCraftCheckpoint(path, config, open())
            : throw new CheckpointException($"{json.Source} does not describe {name}: it needs \"model_type\": \"{ModelType}\" and \"{name}\": {{\"{ConfigKey}\": …}}.");
    }

    private static (string? Config, string? Pretrained) Described(CheckpointConfig json, string name) =>
        json.Text("model_type") == ModelType && json.IsSection(name) && json.Section(name) is var model ? (model.Text(ConfigKey), model.Text(PretrainedKey)) : (null, null);

    private CheckpointException OnlyNamed() => new($"{Source} contains no model; it names '{Pretrained}'.");
}
