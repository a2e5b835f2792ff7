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

    /// <summary>The file names that the Hub lists; null if only the cache is known.</summary>
    private readonly HashSet<string>? listed;

    private HubRepository(HubHttp http, HubCache cache, string commit, HashSet<string>? listed)
    {
        this.http = http;
        this.cache = cache;
        this.listed = listed;
        Commit = commit;
    }

    public RepoId Id => cache.Repository;

    public HubSettings Settings => http.Settings;

    public HubHttp Http => http;

    public string Commit { get; }

    /// <summary>The directory of the files.</summary>
    public string Snapshot => cache.Snapshot(Commit);

    /// <summary>
    /// Resolves a branch, tag or commit. The cache is used instead in offline mode, for a commit that is complete in the cache,
    /// and if the Hub cannot be reached.
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
        var cached = cache.ReadRef(revision) is { } commit && new HubRepository(http, cache, commit, null) is var repository && isComplete(repository) ? repository : null;
        if (cached is not null && (settings.Offline || HubPath.IsCommit(revision)))
        {
            return cached;
        }

        if (settings.Offline)
        {
            throw new HubException(
                HubError.Offline,
                $"'{id}' ({revision}) is not in the cache, or incomplete, ('{settings.CacheDirectory}'), and offline mode is on (HF_HUB_OFFLINE or PretrainedOptions.Offline). "
                + "Load it once with the network on, copy the cache from another machine, or pass a directory with the files.");
        }

        try
        {
            var (sha, files) = await ListAsync(http, id, revision, cancellationToken).ConfigureAwait(false);
            cache.WriteRef(revision, sha);
            return new HubRepository(http, cache, sha, files);
        }
        catch (HubException e) when (cached is not null && e.Error is HubError.Network or HubError.RateLimited)
        {
            HubLog.FromCache(settings.Logger, id.Value, e.Message);
            return cached;
        }
    }

    /// <summary>Whether the repository has a file.</summary>
    public bool Has(string name) => listed?.Contains(name) ?? IsHere(name);

    /// <summary>Whether a file is in the cache.</summary>
    public bool IsHere(string name) => HubCache.IsFile(cache.InSnapshot(Commit, name));

    /// <summary>A file's hash and size.</summary>
    /// <exception cref="HubException">The request failed.</exception>
    public Task<RemoteFile> DescribeAsync(string name, CancellationToken cancellationToken)
    {
        // The name becomes a path: check it before any request.
        cache.InSnapshot(Commit, name);
        var address = Settings.Address($"{HubPath.Escaped(Id.Value)}/resolve/{Commit}/{HubPath.Escaped(name)}");
        return Retries.RunAsync(Settings.Timings, Settings.Logger, async () =>
        {
            using var answer = await http.SendAsync(HttpMethod.Head, address, Id, $"{Id}: {name}", null, null, leaveHost: false, cancellationToken).ConfigureAwait(false);
            // Large files are on another host: only the Hub's own response has their hash and size.
            var etag = HubAnswer.Header(answer, "X-Linked-ETag") ?? HubAnswer.Header(answer, "ETag");
            var size = long.TryParse(HubAnswer.Header(answer, "X-Linked-Size"), out var linked)
                ? linked
                : answer.StatusCode == HttpStatusCode.OK ? answer.Content.Headers.ContentLength : null;
            return size is >= 0
                ? new RemoteFile(name, address, HubPath.ETag(etag), size.Value)
                : throw new HubException(HubError.InvalidAnswer, $"{Id}: the server does not send the size of {name}. Check the endpoint, or try again later.");
        }, cancellationToken);
    }

    /// <summary>Downloads files that are not in the cache.</summary>
    /// <exception cref="HubException">A download failed; completed files are kept.</exception>
    public async Task FetchAsync(IEnumerable<string> names, DownloadMeter meter, CancellationToken cancellationToken)
    {
        var files = new List<RemoteFile>();
        foreach (var name in names.Where(name => !IsHere(name)))
        {
            files.Add(await DescribeAsync(name, cancellationToken).ConfigureAwait(false));
        }

        if (files.Count == 0)
        {
            return;
        }

        meter.Plan(files.Sum(file => file.Size));
        CheckDisk(files.Sum(Missing));
        var download = new BlobDownload(http, cache, meter);
        foreach (var file in files)
        {
            await download.RunAsync(Commit, file, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Downloads the files of a model, including those that its index lists.</summary>
    public async Task FetchAsync(ModelFiles files, DownloadMeter meter, CancellationToken cancellationToken)
    {
        await FetchAsync(files.Needed.Concat(files.Wanted), meter, cancellationToken).ConfigureAwait(false);
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
        return File.Exists(blob) ? 0 : Math.Max(0, file.Size - (partial.Exists ? partial.Length : 0));
    }

    private static Task<(string Commit, HashSet<string> Files)> ListAsync(HubHttp http, RepoId id, string revision, CancellationToken cancellationToken)
    {
        var asked = revision == PretrainedOptions.DefaultRevision ? $"'{id}'" : $"'{id}' ({revision})";
        var address = http.Settings.Address($"api/models/{HubPath.Escaped(id.Value)}/revision/{Uri.EscapeDataString(revision)}");
        return Retries.RunAsync(http.Settings.Timings, http.Settings.Logger, async () =>
        {
            using var answer = await http.SendAsync(HttpMethod.Get, address, id, asked, null, null, leaveHost: false, cancellationToken).ConfigureAwait(false);
            if (answer.StatusCode != HttpStatusCode.OK)
            {
                throw new HubException(HubError.InvalidAnswer, $"{asked}: unexpected response {(int)answer.StatusCode}. Check the endpoint (HF_ENDPOINT or PretrainedOptions.Endpoint).");
            }

            return Parse(await ReadAsync(http, answer, asked, cancellationToken).ConfigureAwait(false), asked);
        }, cancellationToken);
    }

    private static async Task<MemoryStream> ReadAsync(HubHttp http, HttpResponseMessage answer, string asked, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var text = new MemoryStream();
            var buffer = new byte[64 << 10];
            var body = await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
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
                    throw new HubException(HubError.InvalidAnswer, $"{asked}: the description of the repository has more than {LargestListing} bytes. Check the endpoint.");
                }

                text.Write(buffer, 0, read);
            }
        }
        catch (Exception e) when (HubHttp.IsBroken(e, cancellationToken))
        {
            throw http.Broken(asked, e);
        }
    }

    private static (string Commit, HashSet<string> Files) Parse(Stream text, string asked)
    {
        try
        {
            using var json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 32 });
            var files = json.RootElement.GetProperty("siblings").EnumerateArray().Select(file => file.GetProperty("rfilename").GetString() ?? "");
            return (HubPath.Commit(json.RootElement.GetProperty("sha").GetString()), files.ToHashSet(StringComparer.Ordinal));
        }
        // Thrown by the getters if a value is missing or has another type.
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new HubException(HubError.InvalidAnswer, $"{asked}: the description of the repository is not valid. Check the endpoint (HF_ENDPOINT or PretrainedOptions.Endpoint).", e);
        }
    }
}
