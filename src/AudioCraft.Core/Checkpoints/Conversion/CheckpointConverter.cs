using System.Text.Json;
using AudioCraft.Conditioning;
using AudioCraft.Hub;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>
/// Turns a checkpoint, local or on the Hub, into one directory of safetensors with everything that it needs: the language model, the codec, the text encoder
/// without its decoder, the tokenizer. It loads from memory-mapped files, and needs neither the Hub nor anything that unpickles.
/// </summary>
/// <remarks>
/// audiocraft's format becomes the form that <see cref="AudioCraftCheckpoint"/> describes, with the text encoder in <c>t5</c>; Hugging Face's layouts (MusicGen, EnCodec, DAC)
/// stay what they are, in one safetensors file. Tensors are copied one at a time. The directory appears when it is whole.
/// </remarks>
public static class CheckpointConverter
{
    private const string ConfigFile = "config.json", Card = "README.md", TextEncoderFolder = "t5", Weights = "model.safetensors";

    /// <summary>Converts a checkpoint.</summary>
    /// <param name="source">A directory, or the name of a repository on the Hub; a language model with its codec, or a codec.</param>
    /// <param name="destination">The directory to make.</param>
    /// <param name="options">How; null for the usual.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="ct">Ends it between tensors; then nothing is left behind.</param>
    /// <exception cref="ArgumentException">The element type is not one of the three.</exception>
    /// <exception cref="CheckpointException">The source is damaged or of a kind that is not converted.</exception>
    /// <exception cref="HubException">The source cannot be had from the Hub.</exception>
    /// <exception cref="AudioCraftException">The destination is there already, or cannot be written.</exception>
    public static void Convert(string source, string destination, ConversionOptions? options = null, IProgress<ConversionProgress>? progress = null, CancellationToken ct = default) =>
        Convert(source, destination, options, progress, null, ct);

    /// <summary>Converts a checkpoint without holding the caller up.</summary>
    /// <inheritdoc cref="Convert(string, string, ConversionOptions, IProgress{ConversionProgress}, CancellationToken)"/>
    /// <param name="source">A directory, or the name of a repository on the Hub; a language model with its codec, or a codec.</param>
    /// <param name="destination">The directory to make.</param>
    /// <param name="options">How; null for the usual.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="downloads">Told how far downloads are.</param>
    /// <param name="ct">Ends it between tensors; then nothing is left behind but what was downloaded.</param>
    public static Task ConvertAsync(
        string source, string destination, ConversionOptions? options = null, IProgress<ConversionProgress>? progress = null,
        IProgress<DownloadProgress>? downloads = null, CancellationToken ct = default) =>
        PretrainedOptions.OnOwnThread(() => Convert(source, destination, options, progress, downloads, ct), ct);

    private static bool Convert(
        string source, string destination, ConversionOptions? options, IProgress<ConversionProgress>? progress, IProgress<DownloadProgress>? downloads, CancellationToken ct)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(source);
        ArgumentException.ThrowIfNullOrWhiteSpace(destination);
        options ??= new ConversionOptions();
        if (options.DType is not (null or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16))
        {
            throw new ArgumentException($"{options.DType} is not an element type that weights are converted to; Float32, Float16 and BFloat16 are.", nameof(options));
        }

        using var staged = new StagedDirectory(destination, options.Overwrite);
        using var plan = new ConversionPlan();
        Plan(plan, source, options.DType, options.Source.ForCall(downloads, ct));
        plan.Write(staged.Path, progress, ct);
        staged.Commit();
        return true;
    }

    private static void Plan(ConversionPlan plan, string source, ScalarType? type, PretrainedOptions options)
    {
        var directory = Find(source, options.Fetcher!);
        plan.AddCopies(directory, "", Card);
        if (TryPlanHuggingFace(plan, directory, type))
        {
            return;
        }

        var models = new List<(string, string, string)>();
        if (Has(directory, AudioCraftCheckpoint.LanguageModelName))
        {
            var lm = plan.Keep(AudioCraftCheckpoint.OpenLanguageModel(directory));
            plan.AddWeights(AudioCraftCheckpoint.LanguageModelName + ".safetensors", lm.Weights, type);
            models.Add((AudioCraftCheckpoint.LanguageModelName, AudioCraftCheckpoint.ConfigKey, lm.ConfigText));
            PlanTextEncoder(plan, lm, directory, type, options);
        }

        models.Add(PlanCodec(plan, directory, options.Fetcher!));
        plan.WriteConfig(models);
    }

    /// <summary>The directory of the source. On the Hub it may be a codec's repository, which shows when there is no language model.</summary>
    private static string Find(string source, ModelFetcher fetcher)
    {
        try
        {
            var found = fetcher.Find(source, ModelKind.Generative);
            return Directory.Exists(found) ? found : throw new CheckpointException($"'{source}' is a file: a checkpoint's directory is converted.");
        }
        catch (HubException e) when (e.Error == HubError.FileNotFound)
        {
            return fetcher.Find(source, ModelKind.Compression);
        }
    }

    private static bool Has(string directory, string name) =>
        File.Exists(Path.Combine(directory, name + ".bin")) || File.Exists(Path.Combine(directory, name + ".safetensors"));

    private static bool TryPlanHuggingFace(ConversionPlan plan, string directory, ScalarType? type)
    {
        var path = Path.Combine(directory, ConfigFile);
        if (Has(directory, AudioCraftCheckpoint.LanguageModelName) || Has(directory, AudioCraftCheckpoint.CompressionModelName) || !File.Exists(path))
        {
            return false;
        }

        var kind = T5Config.ReadJson(path, root => root.ValueKind == JsonValueKind.Object && root.TryGetProperty("model_type", out var value) ? value.GetString() : null);
        if (kind is not ("musicgen" or "encodec" or "dac"))
        {
            return false;
        }

        plan.AddWeights(Weights, plan.Keep(ModelDirectory.OpenWeights(directory)), kind == "musicgen" ? type : null);
        plan.AddCopies(directory, "", "generation_config.json", "spiece.model", "tokenizer_config.json", "preprocessor_config.json");
        plan.CopyConfig(path);
        return true;
    }

    private static void PlanTextEncoder(ConversionPlan plan, AudioCraftCheckpoint lm, string directory, ScalarType? type, PretrainedOptions options)
    {
        if (ConditionerLoader.FirstTextEncoder(lm.Config, directory, options) is not { } encoder)
        {
            return;
        }

        var weights = plan.Keep(ModelDirectory.OpenWeights(encoder));
        plan.AddWeights(Path.Combine(TextEncoderFolder, Weights), weights, type, name => T5Encoder.IsOfEncoder(name, weights.Tensors.ContainsKey));
        plan.AddCopies(encoder, TextEncoderFolder, ConfigFile, "spiece.model", "tokenizer_config.json");
    }

    /// <summary>The codec's own weights; or, where the checkpoint names a model in Hugging Face's layout, that model in a folder of its name, where loading looks for it.</summary>
    private static (string, string, string) PlanCodec(ConversionPlan plan, string directory, ModelFetcher fetcher)
    {
        const string name = AudioCraftCheckpoint.CompressionModelName;
        var (codec, id) = CompressionModelLoader.OpenCodec(directory, fetcher);
        if (codec is not null)
        {
            plan.Keep(codec);
            plan.AddWeights(name + ".safetensors", codec.Weights, null);
            return (name, AudioCraftCheckpoint.ConfigKey, codec.ConfigText);
        }

        var (named, place) = id!.Value;
        if (Directory.Exists(place))
        {
            var folder = named.Split('/')[^1];
            plan.AddWeights(Path.Combine(folder, Weights), plan.Keep(ModelDirectory.OpenWeights(place)), null);
            plan.AddCopies(place, folder, ConfigFile, Card);
        }

        return (name, AudioCraftCheckpoint.PretrainedKey, named);
    }
}
