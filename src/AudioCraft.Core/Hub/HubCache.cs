namespace AudioCraft.Hub;

/// <summary>
/// One repository's part of the cache, in the layout of Python's huggingface_hub, so that both share downloads:
/// <c>blobs/&lt;hash&gt;</c>, <c>snapshots/&lt;commit&gt;/&lt;file&gt;</c> (a relative link to a blob, or the file itself if links are not supported),
/// <c>refs/&lt;branch or tag&gt;</c> (a file with the commit), and locks in <c>.locks</c> beside the repositories.
/// </summary>
internal sealed class HubCache(string root, RepoId repository, bool links = true)
{
    private const int LargestRef = 256;

    public RepoId Repository => repository;

    public string Directory { get; } = Path.Combine(root, repository.FolderName);

    public string Blob(string etag) => Path.Combine(Directory, "blobs", etag);

    public string Lock(string etag) => Path.Combine(root, ".locks", repository.FolderName, etag + ".lock");

    public string Snapshot(string commit) => Path.Combine(Directory, "snapshots", commit);

    /// <summary>A file of a snapshot, whose name has been checked.</summary>
    public string InSnapshot(string commit, string name) => HubPath.IsInside(name)
        ? Path.Combine([Snapshot(commit), .. name.Split('/')])
        : throw new HubException(HubError.InvalidAnswer, $"{repository} has a file whose name leads out of the cache or is not valid on this system; it is not downloaded.");

    /// <summary>Whether a file exists. A dangling link to a removed blob does not count.</summary>
    public static bool IsFile(string path) => new FileInfo(path) is { Exists: true } file && (file.LinkTarget is null || file.ResolveLinkTarget(returnFinalTarget: true) is { Exists: true });

    /// <summary>The commit of a branch or tag when it was last requested; null if it never was.</summary>
    public string? ReadRef(string revision)
    {
        if (HubPath.IsCommit(revision))
        {
            return revision;
        }

        var file = new FileInfo(Ref(revision));
        try
        {
            return file.Exists && file.Length <= LargestRef && File.ReadAllText(file.FullName).Trim() is var commit && HubPath.IsCommit(commit) ? commit : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HubException(HubError.Cache, $"'{file.FullName}' cannot be read: {e.Message} Check its permissions.", e);
        }
    }

    /// <summary>Stores the commit of a branch or tag.</summary>
    public void WriteRef(string revision, string commit)
    {
        if (HubPath.IsCommit(revision) || ReadRef(revision) == commit)
        {
            return;
        }

        try
        {
            var path = Ref(revision);
            System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var temporary = Path.Combine(Directory, $".{Guid.NewGuid():n}.tmp");
            File.WriteAllText(temporary, commit);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HubException(HubError.Cache, $"'{Directory}' cannot be written: {e.Message} Check the directory, or choose another with HF_HOME or PretrainedOptions.CacheDirectory.", e);
        }
    }

    /// <summary>Adds a blob to a snapshot: as a link, or if links are not supported, as the file itself. The caller holds the blob's lock.</summary>
    public void Link(string commit, string name, string etag)
    {
        var path = InSnapshot(commit, name);
        if (IsFile(path))
        {
            return;
        }

        var (folder, blob) = (Path.GetDirectoryName(path)!, Blob(etag));
        System.IO.Directory.CreateDirectory(folder);
        // A dangling link to a removed blob.
        File.Delete(path);
        if (!links || !TryLink(path, Path.GetRelativePath(folder, blob)))
        {
            File.Move(blob, path);
        }
    }

    private static bool TryLink(string path, string target)
    {
        try
        {
            File.CreateSymbolicLink(path, target);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            // Windows without the privilege, or a file system without links.
            return false;
        }
    }

    private string Ref(string revision) => Path.Combine([Directory, "refs", .. revision.Split('/')]);
}
