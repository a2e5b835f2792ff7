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
        using var checkpoint = new CheckpointSource(Find(source, context.Fetcher), context);
        IReadOnlyList<ICheckpointLayout> layouts = [.. CheckpointLoader.GenModels, .. CheckpointLoader.Codecs];
        CheckpointLoader.LayoutOf(layouts, checkpoint, "model").PlanConversion(checkpoint, plan, type);
        plan.AddCopies(checkpoint.Directory, "", CheckpointFiles.Card, CheckpointFiles.Kinds);
    }

    /// <summary>The directory of the source. A repository on the Hub without a language model is treated as a codec.</summary>
    private static string Find(string source, ModelFetcher fetcher)
    {
        try
        {
            var found = fetcher.Find(source, ModelKind.Generative);
            return Directory.Exists(found) ? found : throw new CheckpointException($"'{source}' is a file; the directory of a checkpoint is expected.");
        }
        catch (HubException e) when (e.Error == HubError.FileNotFound)
        {
            return fetcher.Find(source, ModelKind.Compression);
        }
    }
}
