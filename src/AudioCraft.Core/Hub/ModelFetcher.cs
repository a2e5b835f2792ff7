using AudioCraft.Checkpoints;
using AudioCraft.Formats;

namespace AudioCraft.Hub;

/// <summary>
/// Finds a model by name: bundled with the application, a directory or file, or a repository on the Hub, which is downloaded to the cache.
/// One fetcher serves one call, with its progress and cancellation; it also finds the models that a checkpoint names.
/// </summary>
internal sealed class ModelFetcher(LoadContext context)
{
    private const string TextEncoderType = "t5";
    private const int LongestName = 200;

    private readonly CancellationToken cancellationToken = context.CancellationToken;
    private readonly DownloadMeter meter = new(context.Progress, TimeProvider.System);

    /// <summary>The directory or file of a model: bundled with the application, else an existing path, else a repository on the Hub.</summary>
    /// <param name="name">The name.</param>
    /// <param name="kind">The kind of model; null for any.</param>
    /// <exception cref="CheckpointException">The name is none of these, or the model is not supported.</exception>
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
            throw Unknown(name, kind);
        }

        try
        {
            return Fetch(id, kind, context.Options.Revision);
        }
        catch (HubException e)
        {
            throw new HubException(e.Error, $"There is no bundled model, file or directory '{name}', and the Hugging Face Hub does not provide it. {e.Message}", e);
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

    private static CheckpointException Unknown(string name, ModelKind? kind)
    {
        var (shown, models) = (PrintableText.Of(name, LongestName), BundledModels.Names());
        var suggestion = RepoId.Suggest(name) is { } id ? $" Did you mean '{id}'?" : "";
        return new CheckpointException(
            $"There is no model '{shown}'.{suggestion} Bundled models: {(models.Count > 0 ? string.Join(", ", models) : "none")} (looked in '{BundledModels.Searched}'). "
            + $"There is no file or directory '{PrintableText.Of(FullPath(name), 2 * LongestName)}', and '{shown}' is not the name of a repository on the Hugging Face Hub, such as facebook/audiogen-medium. "
            + $"A bundled model comes with a package such as AudioCraft.Models.AudioGenTiny; a directory needs {ModelFiles.Described(kind ?? ModelKind.Generative)}.");
    }

    private static string FullPath(string name) => name.Contains('\0', StringComparison.Ordinal) ? name : Path.GetFullPath(name);

    // Loading is synchronous; GetPretrainedAsync runs it on a thread of its own.
    private string Fetch(RepoId id, ModelKind? kind, string revision) => Task.Run(() => FetchAsync(id, kind, revision), cancellationToken).GetAwaiter().GetResult();

    private async Task<string> FetchAsync(RepoId id, ModelKind? kind, string revision)
    {
        if (!HubPath.IsInside(revision))
        {
            throw LoadContext.Invalid(context.Options, $"The revision '{PrintableText.Of(revision, LongestName)}' cannot be the name of a branch, a tag or a commit.");
        }

        UnsupportedModels.CheckName(id, kind);
        meter.Open(id.Value);
        var settings = HubSettings.From(context) with { Retrying = meter.Retry };
        var repository = await HubRepository.OpenAsync(settings, id, revision, cached => IsHere(cached, kind), cancellationToken).ConfigureAwait(false);
        try
        {
            var place = await FetchAsync(repository, kind).ConfigureAwait(false);
            repository.SaveRef();
            return place;
        }
        catch (HubException e) when (repository.Cached is not null)
        {
            return await FetchAsync(repository.Cached.Use(e), kind).ConfigureAwait(false);
        }
    }

    private async Task<string> FetchAsync(HubRepository repository, ModelKind? wanted)
    {
        var kind = wanted ?? await KindOfAsync(repository).ConfigureAwait(false);
        if (kind == ModelKind.TextEncoder)
        {
            return await new TextEncoderDownload(repository, meter).RunAsync(cancellationToken).ConfigureAwait(false);
        }

        var files = ModelFiles.Choose(kind, repository.Has) ?? throw NoModel(repository, kind);
        if (kind == ModelKind.Generative && !files.Needed.Contains(CheckpointFiles.Config) && repository.Has(CheckpointFiles.Config))
        {
            // Not needed to load a checkpoint in audiocraft's format, but states the family.
            await repository.FetchAsync([CheckpointFiles.Config], meter, cancellationToken, Check).ConfigureAwait(false);
        }

        await repository.FetchAsync(files, meter, cancellationToken, Check).ConfigureAwait(false);
        return repository.Snapshot;

        void Check(string file)
        {
            if (file == CheckpointFiles.Config)
            {
                UnsupportedModels.CheckType(repository.Id, ModelType(repository), kind);
            }
        }
    }

    private static string? ModelType(HubRepository repository) => CheckpointConfig.LoadJson(Path.Combine(repository.Snapshot, CheckpointFiles.Config)).Text("model_type");

    private static bool IsHere(HubRepository repository, ModelKind? kind) => kind switch
    {
        ModelKind.TextEncoder => TextEncoderDownload.IsHere(repository),
        { } known => repository.IsComplete(known),
        null => repository.IsComplete(ModelKind.Generative) || repository.IsComplete(ModelKind.Compression) || TextEncoderDownload.IsHere(repository),
    };

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
