using AudioCraft.Checkpoints;
using AudioCraft.Hub;

namespace AudioCraft;

/// <summary>Brings models onto this machine without loading them: ahead of time, or where loading happens without a network.</summary>
public static class ModelHub
{
    /// <summary>
    /// Fetches all that loading a model takes, what it names in turn included (its text encoder, its codec), into the cache that Python's huggingface_hub uses too.
    /// A model that is here already is not asked for again, beyond what its branch is now. Nothing of it is loaded or run.
    /// </summary>
    /// <param name="name">
    /// A repository on the Hub with a language model, a codec or a T5 (of which the encoder is fetched); also a name or path that <c>GetPretrained</c> takes:
    /// then what it names and lacks is fetched.
    /// </param>
    /// <param name="options">Where from and where to; null for the usual.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="ct">Ends it; a later call goes on where it was.</param>
    /// <returns>The directory (or file) of the model, which <c>GetPretrained</c> and <see cref="CheckpointInspector"/> take.</returns>
    /// <exception cref="CheckpointException">It is neither here nor the name of a repository, or it is damaged.</exception>
    /// <exception cref="HubException">It cannot be had from the Hub.</exception>
    public static Task<string> DownloadAsync(
        string name, PretrainedOptions? options = null, IProgress<DownloadProgress>? progress = null, CancellationToken ct = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return PretrainedOptions.OnOwnThread(() => Download(name, (options ?? new PretrainedOptions()).ForCall(progress, ct)), ct);
    }

    /// <summary>Finds a model on this machine without network access: bundled with the application, an existing path, or complete in the Hub's cache.</summary>
    /// <param name="name">What <c>GetPretrained</c> takes.</param>
    /// <param name="options">The revision and the cache directory; null for the defaults.</param>
    /// <returns>The directory or file.</returns>
    /// <exception cref="CheckpointException">There is no such file or directory, and the name is not that of a repository.</exception>
    /// <exception cref="HubException">The repository is not in the cache.</exception>
    public static string Find(string name, PretrainedOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new ModelFetcher((options ?? new PretrainedOptions()) with { Offline = true }).Find(name, kind: null);
    }

    /// <summary>Finds a model that is bundled with the application, in the folder <c>models</c> beside it or above it.</summary>
    /// <param name="name">A plain name such as <c>audiogen-tiny</c>, never a path.</param>
    /// <returns>The directory, or null if no such model is bundled.</returns>
    public static string? FindBundled(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return BundledModels.Find(name);
    }

    private static string Download(string name, PretrainedOptions options)
    {
        var fetcher = options.Fetcher!;
        var isHere = Directory.Exists(name) || File.Exists(name);
        var place = (isHere ? null : DacRelease.Find(name, fetcher)) ?? fetcher.Find(name, kind: null);
        if (Directory.Exists(place))
        {
            FetchNamed(place, options);
        }

        return place;
    }

    /// <summary>What a checkpoint of audiocraft's format names in place of having it.</summary>
    private static void FetchNamed(string directory, PretrainedOptions options)
    {
        if (Has(directory, AudioCraftCheckpoint.LanguageModelName))
        {
            using var lm = AudioCraftCheckpoint.OpenLanguageModel(directory);
            ConditionerLoader.FirstTextEncoder(lm.Config, directory, options);
        }

        if (Has(directory, AudioCraftCheckpoint.LanguageModelName) || Has(directory, AudioCraftCheckpoint.CompressionModelName))
        {
            CompressionModelLoader.OpenCodec(directory, options.Fetcher).Codec?.Dispose();
        }
    }

    private static bool Has(string directory, string name) =>
        File.Exists(Path.Combine(directory, name + ".bin")) || File.Exists(Path.Combine(directory, name + ".safetensors"));
}
