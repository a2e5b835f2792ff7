using AudioCraft.Checkpoints;

namespace AudioCraft;

/// <summary>Downloads models without loading them.</summary>
public static class ModelHub
{
    /// <summary>
    /// Downloads all files that a model needs, including the text encoder and the codec that it names, into the cache that Python's huggingface_hub also uses.
    /// Files in the cache are not downloaded again. Interrupted downloads resume.
    /// </summary>
    /// <param name="name">
    /// A repository on the Hub with a language model, a codec or a T5 (of which only the encoder is downloaded); or another name or path that <c>GetPretrained</c> accepts,
    /// of which the missing parts are downloaded.
    /// </param>
    /// <param name="options">How to find and download it; null for the defaults.</param>
    /// <param name="progress">Receives the progress of downloads.</param>
    /// <param name="cancellationToken">Cancels the download; a later call resumes it.</param>
    /// <returns>The directory (or file) of the model, for <c>GetPretrained</c> and <see cref="CheckpointInspector"/>.</returns>
    /// <exception cref="CheckpointException">The name is neither a local path nor a repository, or the checkpoint is damaged.</exception>
    /// <exception cref="HubException">The download failed.</exception>
    public static Task<string> DownloadAsync(
        string name, PretrainedOptions? options = null, IProgress<DownloadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var context = new LoadContext(options ?? new PretrainedOptions(), progress, cancellationToken);
        return LoadContext.RunAsync(() => Download(name, context), cancellationToken);
    }

    /// <summary>Finds a model on this machine without network access: bundled with the application, an existing path, or complete in the Hub's cache.</summary>
    /// <param name="name">What <c>GetPretrained</c> takes.</param>
    /// <param name="options">The revision and the cache directory; null for the defaults.</param>
    /// <returns>The directory or file.</returns>
    /// <exception cref="CheckpointException">There is no such file or directory, and the name is not a repository.</exception>
    /// <exception cref="HubException">The repository is not in the cache.</exception>
    public static string Find(string name, PretrainedOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return Locate(name, new LoadContext(options ?? new PretrainedOptions()) { LocalOnly = true });
    }

    /// <summary>Finds a model that is bundled with the application, in the folder <c>models</c> beside it.</summary>
    /// <param name="name">A plain name such as <c>audiogen-tiny</c>, never a path.</param>
    /// <returns>The directory, or null if no such model is bundled.</returns>
    public static string? FindBundled(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return BundledModels.Find(name);
    }

    private static string Download(string name, LoadContext context)
    {
        var place = Locate(name, context);
        if (Directory.Exists(place))
        {
            DownloadNamed(place, context);
        }

        return place;
    }

    private static string Locate(string name, LoadContext context)
    {
        var isPath = Directory.Exists(name) || File.Exists(name);
        return (isPath ? null : DacRelease.Find(name, context.Fetcher)) ?? context.Fetcher.Find(name, kind: null);
    }

    /// <summary>Downloads the models that a checkpoint in audiocraft's format names.</summary>
    private static void DownloadNamed(string directory, LoadContext context)
    {
        using var source = new CheckpointSource(directory, context);
        var hasLanguageModel = CheckpointFiles.HasLanguageModel(directory);
        if (hasLanguageModel)
        {
            using var lm = AudioCraftCheckpoint.OpenLanguageModel(directory);
            ConditionerLoader.FirstTextEncoder(lm.Config, directory, context);
        }

        if (hasLanguageModel || CheckpointFiles.HasCompressionModel(directory))
        {
            AudioCraftCodecLayout.Open(source).Codec?.Dispose();
        }
    }
}
