using AudioCraft.Checkpoints;

namespace AudioCraft.Hub;

/// <summary>
/// Finds a model by name: bundled with the application, a directory or file, or a repository on the Hub, which is downloaded to the cache.
/// One fetcher serves one call, with its progress and cancellation; it also finds the models that a checkpoint names.
/// </summary>
internal sealed class ModelFetcher(LoadContext context)
{
    private const string TextEncoderType = "t5";

    private readonly CancellationToken cancellationToken = context.CancellationToken;
    private readonly DownloadMeter meter = new(context.Progress, TimeProvider.System);

    /// <summary>The directory or file of a model: bundled with the application, else an existing path, else a repository on the Hub.</summary>
    /// <param name="name">The name.</param>
    /// <param name="kind">The kind of model; null for any.</param>
    /// <exception cref="CheckpointException">The name is none of these.</exception>
    /// <exception cref="HubException">The download failed.</exception>
    public string Find(string name, ModelKind? kind)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (BundledModels.Find(name) is { } bundled)
        {
            return bundled;
        }

        if (Directory.Exists(name) || File.Exists(name))
        {
            return name;
        }

        if (RepoId.TryParse(name) is not { } id)
        {
            throw new CheckpointException(
                $"There is no file or directory '{name}', and it is not the name of a repository on the Hugging Face Hub, such as facebook/audiogen-medium. "
                + $"A model is a directory with {ModelFiles.Described(kind ?? ModelKind.Generative)}.");
        }

        try
        {
            return Fetch(id, kind, context.Options.Revision);
        }
        catch (HubException e)
        {
            throw new HubException(e.Error, $"There is no file or directory '{name}', and the download from the Hugging Face Hub failed. {e.Message}", e);
        }
    }

    /// <summary>The directory of a model that a checkpoint names, downloaded from the Hub; null if the name cannot be that of a repository.</summary>
    /// <param name="name">The name, such as <c>t5-large</c> or <c>facebook/encodec_32khz</c>.</param>
    /// <param name="kind">The kind of model.</param>
    /// <param name="needs">What needs it, for messages.</param>
    /// <exception cref="HubException">The download failed.</exception>
    public string? FindNamed(string name, ModelKind kind, string needs)
    {
        if (RepoId.TryParse(name) is not { } id)
        {
            return null;
        }

        try
        {
            return Fetch(id, kind, PretrainedOptions.DefaultRevision);
        }
        catch (HubException e)
        {
            throw new HubException(e.Error, $"{needs} needs '{name}'. {e.Message}", e);
        }
    }

    /// <summary>The error for a repository without a model of a kind.</summary>
    public static HubException NoModel(HubRepository repository, ModelKind kind) => new(
        HubError.FileNotFound, $"'{repository.Id}' has no such model; it needs {ModelFiles.Described(kind)}. Check the name.");

    // Loading is synchronous; GetPretrainedAsync runs it on a thread of its own.
    private string Fetch(RepoId id, ModelKind? kind, string revision) => Task.Run(() => FetchAsync(id, kind, revision), cancellationToken).GetAwaiter().GetResult();

    private async Task<string> FetchAsync(RepoId id, ModelKind? wanted, string revision)
    {
        if (!HubPath.IsInside(revision))
        {
            throw new ArgumentException($"The revision '{revision}' cannot be the name of a branch, a tag or a commit.", nameof(revision));
        }

        var settings = HubSettings.From(context);
        var kind = wanted ?? await KindOfAsync(await HubRepository.OpenAsync(settings, id, revision, IsAnything, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        if (kind == ModelKind.TextEncoder)
        {
            var encoder = await HubRepository.OpenAsync(settings, id, revision, TextEncoderDownload.IsHere, cancellationToken).ConfigureAwait(false);
            return await new TextEncoderDownload(encoder, meter).RunAsync(cancellationToken).ConfigureAwait(false);
        }

        var repository = await HubRepository.OpenAsync(settings, id, revision, cached => cached.IsComplete(kind), cancellationToken).ConfigureAwait(false);
        var files = ModelFiles.Choose(kind, repository.Has) ?? throw NoModel(repository, kind);
        if (kind == ModelKind.Generative && repository.Has(CheckpointFiles.Config))
        {
            // Checked first, to avoid downloading the weights of an unsupported model.
            await repository.FetchAsync([CheckpointFiles.Config], meter, cancellationToken).ConfigureAwait(false);
            HuggingFaceMusicGenConfig.CheckTextOnly(ModelType(repository), id.Value);
        }

        await repository.FetchAsync(files, meter, cancellationToken).ConfigureAwait(false);
        return repository.Snapshot;
    }

    private static string? ModelType(HubRepository repository) => CheckpointConfig.LoadJson(Path.Combine(repository.Snapshot, CheckpointFiles.Config)).Text("model_type");

    private static bool IsAnything(HubRepository repository) =>
        repository.IsComplete(ModelKind.Generative) || repository.IsComplete(ModelKind.Compression) || TextEncoderDownload.IsHere(repository);

    /// <summary>The kind of model in a repository: by its configuration, else by its files.</summary>
    private async Task<ModelKind> KindOfAsync(HubRepository repository)
    {
        if (repository.Has(CheckpointFiles.Config))
        {
            await repository.FetchAsync([CheckpointFiles.Config], meter, cancellationToken).ConfigureAwait(false);
            if (ModelType(repository) == TextEncoderType)
            {
                return ModelKind.TextEncoder;
            }
        }
        else if (TextEncoderDownload.IsHere(repository))
        {
            return ModelKind.TextEncoder;
        }

        return ModelFiles.Choose(ModelKind.Generative, repository.Has) is null && ModelFiles.Choose(ModelKind.Compression, repository.Has) is not null
            ? ModelKind.Compression
            : ModelKind.Generative;
    }
}
