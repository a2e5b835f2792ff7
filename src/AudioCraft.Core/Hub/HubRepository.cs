using System.Globalization;
using System.Net;
using System.Text.Json;
using AudioCraft.Checkpoints;

namespace AudioCraft.Hub;

/// <summary>A repository at one commit: its files, and which of them are in the cache.</summary>
internal sealed class HubRepository
{
    private const int LargestListing = 16 << 20;

    private readonly HubHttp http;
    private readonly HubCache cache;

    private readonly string revision;

    /// <summary>The files that the Hub lists; null if only the cache is known.</summary>
    private readonly Dictionary<string, ListedFile>? listed;

    private HubRepository(HubHttp http, HubCache cache, string revision, string commit, Dictionary<string, ListedFile>? listed)
    {
        this.http = http;
        this.cache = cache;
        this.revision = revision;
        this.listed = listed;
        Commit = commit;
    }

    public RepoId Id => cache.Repository;

    public HubSettings Settings => http.Settings;

    public HubHttp Http => http;

    public string Commit { get; }

    /// <summary>The directory of the files.</summary>
    public string Snapshot => cache.Snapshot(Commit);

    /// <summary>The complete snapshot in the cache, possibly an older one, to use if a download fails; null if there is none.</summary>
    public HubRepository? Cached { get; private init; }

    /// <summary>
    /// Resolves a branch, tag or commit. The cache is used instead in offline mode, for a commit that is complete in the cache,
    /// and if the Hub does not provide the repository.
    /// </summary>
    /// <param name="settings">The settings.</param>
    /// <param name="id">The repository.</param>
    /// <param name="revision">Branch, tag or commit.</param>
    /// <param name="isComplete">Whether a commit's files in the cache are complete.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="HubException">Neither the Hub nor the cache has it.</exception>
    public static async Task<HubRepository> OpenAsync(HubSettings settings, RepoId id, string revision, Func<HubRepository, bool> isComplete, CancellationToken cancellationToken)
    {
        var http = new HubHttp(settings);
        var cache = new HubCache(settings.CacheDirectory, id, settings.Links);
        var cached = FindCached(http, cache, revision, isComplete);
        if (cached is not null && (settings.Offline || HubPath.IsCommit(revision)))
        {
            return cached.Use(problem: null);
        }

        if (settings.Offline)
        {
            throw NotCached(settings, cache, revision);
        }

        try
        {
            var (sha, files) = await ListAsync(http, id, revision, cached is null ? settings : settings with { Timings = settings.Timings.ForRefresh() }, cancellationToken).ConfigureAwait(false);
            return new HubRepository(http, cache, revision, sha, files) { Cached = cached };
        }
        catch (HubException e) when (cached is not null)
        {
            return cached.Use(e);
        }
    }

    /// <summary>Logs that this snapshot of the cache is used, and why.</summary>
    /// <param name="problem">The failure of the Hub, or null.</param>
    public HubRepository Use(HubException? problem)
    {
        if (problem is not null)
        {
            HubLog.FromCache(Settings.Logger, Id.Value, problem.Message);
        }

        if (cache.ReadRef(revision) != Commit)
        {
            HubLog.OtherSnapshot(Settings.Logger, Id.Value, revision, Commit);
        }

        return this;
    }

    /// <summary>Stores the commit of the branch or tag, once its files are complete. A read-only cache stays as it is.</summary>
    public void SaveRef()
    {
        try
        {
            if (listed is not null)
            {
                cache.WriteRef(revision, Commit);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            HubLog.RefNotStored(Settings.Logger, Id.Value, revision, e.Message);
        }
    }

    /// <summary>Whether the repository has a file.</summary>
    public bool Has(string name) => listed?.ContainsKey(name) ?? IsHere(name);

    /// <summary>Whether a file is in the cache, with the size that the repository lists.</summary>
    public bool IsHere(string name) => HubCache.LengthOf(cache.InSnapshot(Commit, name)) is { } length && (Listed(name)?.Size ?? length) == length;

    /// <summary>A file's hash and size.</summary>
    /// <exception cref="HubException">The request failed.</exception>
    public Task<RemoteFile> DescribeAsync(string name, CancellationToken cancellationToken)
    {
        // The name becomes a path: check it before any request.
        cache.InSnapshot(Commit, name);
        var address = Settings.Address($"{HubPath.Escaped(Id.Value)}/resolve/{Commit}/{HubPath.Escaped(name)}");
        var requested = $"{Id}: {name}";
        return Retries.RunAsync(Settings, async () =>
        {
            using var response = await http.SendAsync(HttpMethod.Head, address, Id, requested, null, null, leaveHost: false, cancellationToken).ConfigureAwait(false);
            // Large files are on another host: only the Hub's own response has their hash and size.
            var etag = ResponseErrors.Header(response, "X-Linked-ETag") ?? ResponseErrors.Header(response, "ETag");
            var linked = ResponseErrors.Header(response, "X-Linked-Size");
            if (linked is null && response.StatusCode != HttpStatusCode.OK)
            {
                throw ResponseErrors.Redirected(requested, response);
            }

            if (etag is null && ResponseErrors.IsWebPage(response))
            {
                throw ResponseErrors.WebPage(requested, "");
            }

            // A number too large for Int64 is out of range as well.
            long? size = linked is null ? response.Content.Headers.ContentLength : long.TryParse(linked, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : -1;
            return RemoteFile.Of(name, address, HubPath.ETag(etag), size, Listed(name), requested);
        }, cancellationToken);
    }

    /// <summary>Downloads files that are not in the cache.</summary>
    /// <param name="names">The files.</param>
    /// <param name="meter">Receives the progress.</param>
    /// <param name="cancellationToken">Cancels the download.</param>
    /// <param name="completed">Called with each file, in order, when it is in the cache; an exception stops the download.</param>
    /// <exception cref="HubException">A download failed; completed files are kept.</exception>
    public async Task FetchAsync(IEnumerable<string> names, DownloadMeter meter, CancellationToken cancellationToken, Action<string>? completed = null)
    {
        var files = new List<RemoteFile>();
        var total = 0L;
        foreach (var name in names)
        {
            if (IsHere(name))
            {
                completed?.Invoke(name);
                continue;
            }

            var file = await DescribeAsync(name, cancellationToken).ConfigureAwait(false);
            files.Add(file);
            total = total <= RemoteFile.MaximumSize - file.Size
                ? total + file.Size
                : throw new HubException(HubError.InvalidResponse, $"{Id}: the files have more than {RemoteFile.MaximumSize} bytes in all, by the sizes that the server sends. Check the endpoint.");
        }

        if (files.Count == 0)
        {
            return;
        }

        meter.Plan(total);
        CheckDisk(files.Sum(Missing));
        var download = new BlobDownload(http, cache, meter);
        foreach (var file in files)
        {
            await download.RunAsync(Commit, file, cancellationToken).ConfigureAwait(false);
            completed?.Invoke(file.Name);
        }
    }

    /// <summary>Downloads the files of a model, including those that its index lists.</summary>
    public async Task FetchAsync(ModelFiles files, DownloadMeter meter, CancellationToken cancellationToken, Action<string>? completed = null)
    {
        // The configuration comes first, so that the caller can reject the model before its weights are downloaded.
        await FetchAsync(files.Needed.Concat(files.Wanted).OrderBy(name => name != CheckpointFiles.Config), meter, cancellationToken, completed).ConfigureAwait(false);
        if (files.Index is not null)
        {
            await FetchAsync(ShardedSafetensors.FilesOf(cache.InSnapshot(Commit, files.Index)), meter, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether all files of a model are in the cache, including those that its index lists.</summary>
    public bool IsComplete(ModelKind kind) =>
        ModelFiles.Choose(kind, IsHere) is { } files && (files.Index is null || ShardedSafetensors.FilesOf(cache.InSnapshot(Commit, files.Index)).All(IsHere));

    private void CheckDisk(long needed)
    {
        try
        {
            Directory.CreateDirectory(cache.Directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HubException(HubError.Cache, $"'{cache.Directory}' cannot be created: {e.Message} Choose another with HF_HOME or PretrainedOptions.CacheDirectory.", e);
        }

        Settings.Disk.Check(cache.Directory, needed);
    }

    private long Missing(RemoteFile file)
    {
        var blob = cache.Blob(file.ETag);
        var partial = new FileInfo(blob + ".incomplete");
        return HubCache.LengthOf(blob) == file.Size ? 0 : Math.Max(0, file.Size - (partial.Exists ? partial.Length : 0));
    }

    private ListedFile? Listed(string name) => listed?.GetValueOrDefault(name);

    /// <summary>The complete snapshot of a revision in the cache. For the default branch without a stored commit, the newest one that belongs to no other branch.</summary>
    private static HubRepository? FindCached(HubHttp http, HubCache cache, string revision, Func<HubRepository, bool> isComplete)
    {
        HubRepository At(string commit) => new(http, cache, revision, commit, null);
        if (cache.ReadRef(revision) is { } commit && At(commit) is var stored && isComplete(stored))
        {
            return stored;
        }

        return revision == PretrainedOptions.DefaultRevision ? cache.UnreferencedSnapshots().Select(At).FirstOrDefault(isComplete) : null;
    }

    private static HubException NotCached(HubSettings settings, HubCache cache, string revision)
    {
        var id = cache.Repository;
        var state = !Directory.Exists(cache.Directory) ? "is not in the cache"
            : cache.ReadRef(revision) is { } commit && Directory.Exists(cache.Snapshot(commit)) ? "is only partly in the cache"
            : $"is in the cache, but not its revision '{revision}'";
        return new HubException(
            HubError.Offline,
            $"'{id}' {state} ('{settings.CacheDirectory}'), and {settings.OfflineReason}. "
            + $"Download it with network access (ModelHub.DownloadAsync or 'audiocraft download {id}'), copy the cache from another machine, or pass a directory with the files.");
    }

    private static Task<(string Commit, Dictionary<string, ListedFile> Files)> ListAsync(HubHttp http, RepoId id, string revision, HubSettings settings, CancellationToken cancellationToken)
    {
        var requested = revision == PretrainedOptions.DefaultRevision ? $"'{id}'" : $"'{id}' ({revision})";
        var address = settings.Address($"api/models/{HubPath.Escaped(id.Value)}/revision/{Uri.EscapeDataString(revision)}?blobs=true");
        return Retries.RunAsync(settings, async () =>
        {
            using var response = await http.SendAsync(HttpMethod.Get, address, id, requested, null, null, leaveHost: false, cancellationToken).ConfigureAwait(false);
            if (ResponseErrors.IsWebPage(response))
            {
                throw response.StatusCode == HttpStatusCode.OK ? ResponseErrors.WebPage(requested, "") : ResponseErrors.Redirected(requested, response);
            }

            if (response.StatusCode is HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                throw new HubException(HubError.InvalidResponse, $"{requested}: unexpected response {(int)response.StatusCode}. Check the endpoint (HF_ENDPOINT or PretrainedOptions.Endpoint).");
            }

            return response.StatusCode == HttpStatusCode.OK
                ? Parse(await ReadAsync(http, response, address, requested, cancellationToken).ConfigureAwait(false), requested)
                : throw ResponseErrors.Redirected(requested, response);
        }, cancellationToken);
    }

    private static async Task<MemoryStream> ReadAsync(HubHttp http, HttpResponseMessage response, Uri address, string requested, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var text = new MemoryStream();
            var buffer = new byte[64 << 10];
            var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            while (true)
            {
                silence.CancelAfter(http.Settings.Timings.Silence);
                var read = await body.ReadAsync(buffer, silence.Token).ConfigureAwait(false);
                if (read == 0)
                {
                    text.Position = 0;
                    return text;
                }

                if (text.Length + read > LargestListing)
                {
                    throw new HubException(HubError.InvalidResponse, $"{requested}: the description of the repository has more than {LargestListing} bytes. Check the endpoint.");
                }

                text.Write(buffer, 0, read);
            }
        }
        catch (Exception e) when (ConnectionErrors.IsFailure(e, cancellationToken))
        {
            throw http.Lost(requested, address, e);
        }
    }

    private static (string Commit, Dictionary<string, ListedFile> Files) Parse(MemoryStream text, string requested)
    {
        if (text.GetBuffer().AsSpan(0, (int)text.Length).TrimStart(" \t\r\n\uFEFF"u8) is [(byte)'<', ..])
        {
            throw ResponseErrors.WebPage(requested, "");
        }

        try
        {
            using var json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 32 });
            var files = new Dictionary<string, ListedFile>(StringComparer.Ordinal);
            foreach (var file in json.RootElement.GetProperty("siblings").EnumerateArray())
            {
                files[file.GetProperty("rfilename").GetString() ?? ""] = ListedFile.Parse(file);
            }

            return (HubPath.Commit(json.RootElement.GetProperty("sha").GetString()), files);
        }
        // Thrown by the getters if a value is missing, has another type, or is not valid UTF-16.
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new HubException(HubError.InvalidResponse, $"{requested}: the description of the repository is not valid. Check the endpoint (HF_ENDPOINT or PretrainedOptions.Endpoint).", e);
        }
    }
}
