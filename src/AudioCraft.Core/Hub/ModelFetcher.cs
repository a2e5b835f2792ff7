using AudioCraft.Checkpoints;

namespace AudioCraft.Hub;

/// <summary>
/// Says where a model is: in the application, in a directory or file, or on the Hub, from where its files are brought into the cache.
/// One fetcher serves one call, whose progress and cancellation it carries; the loaders ask it for what a checkpoint names, too.
/// </summary>
internal sealed class ModelFetcher(LoadContext context)
{
    private const string TextEncoderType = "t5";

    private readonly CancellationToken cancellationToken = context.CancellationToken;
    private readonly DownloadMeter meter = new(context.Progress, TimeProvider.System);

    /// <summary>The directory or file that a name stands for: bundled with the application, else an existing path, else a repository on the Hub.</summary>
    /// <param name="name">What the caller gave.</param>
    /// <param name="kind">What is wanted; null for whatever kind of model it is.</param>
    /// <exception cref="CheckpointException">It is none of these.</exception>
    /// <exception cref="HubException">It may be a repository, which cannot be had.</exception>
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
            throw new HubException(e.Error, $"There is no file or directory '{name}', and from the Hugging Face Hub it cannot be had. {e.Message}", e);
        }
    }

    /// <summary>The directory of a model that a checkpoint names, from the Hub; null where the name cannot be a repository's.</summary>
    /// <param name="name">Such as <c>t5-large</c> or <c>facebook/encodec_32khz</c>.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="needs">What needs it, for messages.</param>
    /// <exception cref="HubException">It cannot be had.</exception>
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

    /// <summary>What is thrown for a repository that has no model of the kind.</summary>
    public static HubException NoModel(HubRepository repository, ModelKind kind) => new(
        HubError.FileNotFound, $"'{repository.Id}' has none of the sets of files that make such a model: {ModelFiles.Described(kind)}. Check the name.");

    // Loading is synchronous and so is this wait; whoever wants to go on meanwhile calls GetPretrainedAsync, which has a thread for it.
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
            // Some kilobytes that save gigabytes, where the model turns out to be of a kind that is not built.
            await repository.FetchAsync([CheckpointFiles.Config], meter, cancellationToken).ConfigureAwait(false);
            HuggingFaceMusicGenConfig.CheckTextOnly(ModelType(repository), id.Value);
        }

        await repository.FetchAsync(files, meter, cancellationToken).ConfigureAwait(false);
        return repository.Snapshot;
    }

    private static string? ModelType(HubRepository repository) => XpConfig.LoadJson(Path.Combine(repository.Snapshot, CheckpointFiles.Config)).Text("model_type");

    private static bool IsAnything(HubRepository repository) =>
        repository.IsComplete(ModelKind.Generative) || repository.IsComplete(ModelKind.Compression) || TextEncoderDownload.IsHere(repository);

    /// <summary>What a repository holds: by its configuration, else by its files.</summary>
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
