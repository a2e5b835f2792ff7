using AudioCraft.Conditioning;
using AudioCraft.Hub;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>
/// Converts a checkpoint, local or on the Hub, to one directory of safetensors with all its parts: the language model, the codec, the text encoder
/// without its decoder, the tokenizer. The result loads from memory-mapped files, without the Hub and without pickles.
/// </summary>
/// <remarks>
/// audiocraft's format becomes the form that <see cref="AudioCraftCheckpoint"/> describes, with the text encoder in <c>t5</c>; Hugging Face's layouts (MusicGen, EnCodec, DAC)
/// are kept, with the weights in one safetensors file. Tensors are copied one at a time. The directory appears only when it is complete.
/// </remarks>
public static class CheckpointConverter
{
    /// <summary>Converts a checkpoint.</summary>
    /// <param name="source">A directory, or the name of a repository on the Hub; a language model with its codec, or a codec.</param>
    /// <param name="destination">The directory to create.</param>
    /// <param name="options">Options; null for the defaults.</param>
    /// <param name="progress">Receives the progress.</param>
    /// <param name="cancellationToken">Checked between tensors; on cancellation, nothing remains.</param>
    /// <exception cref="ArgumentException">The element type is not float32, float16 or bfloat16.</exception>
    /// <exception cref="CheckpointException">The source is damaged or cannot be converted.</exception>
    /// <exception cref="HubException">The download failed.</exception>
    /// <exception cref="AudioCraftException">The destination exists already, or cannot be written.</exception>
    public static void Convert(string source, string destination, ConversionOptions? options = null, IProgress<ConversionProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Convert(source, destination, options, progress, null, cancellationToken);

    /// <summary>Converts a checkpoint without blocking the caller.</summary>
    /// <inheritdoc cref="Convert(string, string, ConversionOptions, IProgress{ConversionProgress}, CancellationToken)"/>
    /// <param name="source">A directory, or the name of a repository on the Hub; a language model with its codec, or a codec.</param>
    /// <param name="destination">The directory to create.</param>
    /// <param name="options">Options; null for the defaults.</param>
    /// <param name="progress">Receives the progress.</param>
    /// <param name="downloads">Receives the progress of downloads.</param>
    /// <param name="cancellationToken">Checked between tensors; on cancellation, only downloaded files remain.</param>
    public static Task ConvertAsync(
        string source, string destination, ConversionOptions? options = null, IProgress<ConversionProgress>? progress = null,
        IProgress<DownloadProgress>? downloads = null, CancellationToken cancellationToken = default) =>
        LoadContext.RunAsync(() => Convert(source, destination, options, progress, downloads, cancellationToken), cancellationToken);

    private static bool Convert(
        string source, string destination, ConversionOptions? options, IProgress<ConversionProgress>? progress, IProgress<DownloadProgress>? downloads, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(source);
        ArgumentException.ThrowIfNullOrWhiteSpace(destination);
        options ??= new ConversionOptions();
        if (options.DType is not (null or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16))
        {
            throw new ArgumentException($"{options.DType} is not supported; weights can be converted to Float32, Float16 and BFloat16.", nameof(options));
        }

        using var staged = new StagedDirectory(destination, options.Overwrite);
        using var plan = new ConversionPlan();
        Plan(plan, source, options.DType, new LoadContext(options.Source, downloads, cancellationToken));
        plan.Write(staged.Path, progress, cancellationToken);
        staged.Commit();
        return true;
    }

    private static void Plan(ConversionPlan plan, string source, ScalarType? type, LoadContext context)
    {
        var directory = Find(source, context.Fetcher);
        plan.AddCopies(directory, "", CheckpointFiles.Card, CheckpointFiles.Kinds);
        if (TryPlanHuggingFace(plan, directory, type))
        {
            return;
        }

        var models = new List<(string, string, string)>();
        if (CheckpointFiles.HasLanguageModel(directory))
        {
            var lm = plan.Keep(AudioCraftCheckpoint.OpenLanguageModel(directory));
            plan.AddWeights(CheckpointFiles.ConvertedLanguageModel, lm.Weights, type);
            models.Add((AudioCraftCheckpoint.LanguageModelName, AudioCraftCheckpoint.ConfigKey, lm.ConfigText));
            PlanTextEncoder(plan, lm, directory, type, context);
        }

        models.Add(PlanCodec(plan, directory, context.Fetcher));
        plan.WriteConfig(models);
    }

    /// <summary>The directory of the source. A repository on the Hub without a language model is treated as a codec's.</summary>
    private static string Find(string source, ModelFetcher fetcher)
    {
        try
        {
            var found = fetcher.Find(source, ModelKind.Generative);
            return Directory.Exists(found) ? found : throw new CheckpointException($"'{source}' is a file; a checkpoint's directory is expected.");
        }
        catch (HubException e) when (e.Error == HubError.FileNotFound)
        {
            return fetcher.Find(source, ModelKind.Compression);
        }
    }

    private static bool TryPlanHuggingFace(ConversionPlan plan, string directory, ScalarType? type)
    {
        var path = Path.Combine(directory, CheckpointFiles.Config);
        if (CheckpointFiles.HasLanguageModel(directory) || CheckpointFiles.HasCompressionModel(directory) || !File.Exists(path))
        {
            return false;
        }

        var kind = XpConfig.LoadJson(path).Text("model_type");
        if (kind is not (HuggingFaceMusicGenConfig.ModelType or HuggingFaceEncodecConfig.ModelType or HuggingFaceDacConfig.ModelType))
        {
            return false;
        }

        plan.AddWeights(CheckpointFiles.Weights, plan.Keep(ModelDirectory.OpenWeights(directory)), kind == HuggingFaceMusicGenConfig.ModelType ? type : null);
        plan.AddCopies(directory, "", CheckpointFiles.GenerationConfig, CheckpointFiles.Tokenizer, CheckpointFiles.TokenizerConfig, CheckpointFiles.PreprocessorConfig);
        plan.CopyConfig(path);
        return true;
    }

    private static void PlanTextEncoder(ConversionPlan plan, AudioCraftCheckpoint lm, string directory, ScalarType? type, LoadContext context)
    {
        if (ConditionerLoader.FirstTextEncoder(lm.Config, directory, context) is not { } encoder)
        {
            return;
        }

        var weights = plan.Keep(ModelDirectory.OpenWeights(encoder));
        plan.AddWeights(Path.Combine(CheckpointFiles.TextEncoderFolder, CheckpointFiles.Weights), weights, type, name => T5Encoder.IsOfEncoder(name, weights.Tensors.ContainsKey));
        plan.AddCopies(encoder, CheckpointFiles.TextEncoderFolder, CheckpointFiles.Config, CheckpointFiles.Tokenizer, CheckpointFiles.TokenizerConfig);
    }

    /// <summary>The codec's own weights; or, if the checkpoint names a model in Hugging Face's layout, that model in a folder of that name, where loading looks for it.</summary>
    private static (string, string, string) PlanCodec(ConversionPlan plan, string directory, ModelFetcher fetcher)
    {
        const string name = AudioCraftCheckpoint.CompressionModelName;
        var (codec, id) = AudioCraftCodecLayout.Open(directory, fetcher);
        if (codec is not null)
        {
            plan.Keep(codec);
            plan.AddWeights(CheckpointFiles.ConvertedCompressionModel, codec.Weights, null);
            return (name, AudioCraftCheckpoint.ConfigKey, codec.ConfigText);
        }

        var (named, place) = id!.Value;
        if (Directory.Exists(place))
        {
            var folder = named.Split('/')[^1];
            plan.AddWeights(Path.Combine(folder, CheckpointFiles.Weights), plan.Keep(ModelDirectory.OpenWeights(place)), null);
            plan.AddCopies(place, folder, CheckpointFiles.Config, CheckpointFiles.Card);
        }

        return (name, AudioCraftCheckpoint.PretrainedKey, named);
    }
}
