using System.Text;
using AudioCraft.Formats;

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
        : throw new HubException(HubError.InvalidResponse, $"{repository} has a file whose name leads out of the cache or is not valid on this system; it is not downloaded.");

    /// <summary>Whether a file exists. A dangling link to a removed blob does not count.</summary>
    public static bool IsFile(string path) => LengthOf(path) is not null;

    /// <summary>The bytes of a file or of the blob that it links to; null if there is none, or if its directory or link cannot be read.</summary>
    public static long? LengthOf(string path)
    {
        try
        {
            return new FileInfo(path) switch
            {
                { Exists: false } => null,
                { LinkTarget: null } file => file.Length,
                var link => link.ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Exists: true } blob ? blob.Length : null,
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A loop of links, or a file that another process has just removed.
            return null;
        }
    }

    /// <summary>The commits of the snapshots that no branch or tag refers to, the newest first.</summary>
    /// <exception cref="HubException">The cache cannot be read.</exception>
    public IReadOnlyList<string> UnreferencedSnapshots() => Read(Directory, FindUnreferencedSnapshots);

    private IReadOnlyList<string> FindUnreferencedSnapshots()
    {
        var snapshots = new DirectoryInfo(Path.Combine(Directory, "snapshots"));
        var refs = new DirectoryInfo(Path.Combine(Directory, "refs"));
        if (!snapshots.Exists)
        {
            return [];
        }

        var referenced = refs.Exists ? refs.EnumerateFiles("*", SearchOption.AllDirectories).Select(ReadCommit).ToHashSet() : [];
        return [.. snapshots.EnumerateDirectories().Where(folder => HubPath.IsCommit(folder.Name) && !referenced.Contains(folder.Name)).OrderByDescending(folder => folder.LastWriteTimeUtc).Select(folder => folder.Name)];
    }

    /// <summary>The commit of a branch or tag when it was last requested; null if it never was.</summary>
    public string? ReadRef(string revision) => HubPath.IsCommit(revision) ? revision : ReadCommit(new FileInfo(Ref(revision)));

    /// <summary>Stores the commit of a branch or tag.</summary>
    /// <exception cref="IOException">The cache cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The cache is read-only.</exception>
    public void WriteRef(string revision, string commit)
    {
        if (ReadRef(revision) != commit)
        {
            var path = Ref(revision);
            System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            AtomicFile.Replace(path, stream => stream.Write(Encoding.ASCII.GetBytes(commit)));
        }
    }

    /// <summary>Adds a complete download to the cache and to a snapshot: as a blob and a link to it, or if links are not supported, as the file itself.</summary>
    /// <param name="downloaded">The temporary file, in the folder of the blobs.</param>
    /// <param name="commit">The snapshot.</param>
    /// <param name="name">The file's name in it.</param>
    /// <param name="etag">The blob's name.</param>
    public void Store(string downloaded, string commit, string name, string etag)
    {
        var path = InSnapshot(commit, name);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (TryLink(path, Blob(etag)) is not { } link)
        {
            DirectoryEntries.Rename(downloaded, path);
            return;
        }

        try
        {
            DirectoryEntries.Rename(downloaded, Blob(etag));
            DirectoryEntries.Rename(link, path);
        }
        catch
        {
            File.Delete(link);
            throw;
        }
    }

    /// <summary>Adds an existing blob to a snapshot: as a link, or if links are not supported, as a copy, because other snapshots may refer to the blob.</summary>
    public void Link(string commit, string name, string etag)
    {
        var path = InSnapshot(commit, name);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (TryLink(path, Blob(etag)) is not { } link)
        {
            AtomicFile.Copy(Blob(etag), path);
            return;
        }

        try
        {
            DirectoryEntries.Rename(link, path);
        }
        catch
        {
            File.Delete(link);
            throw;
        }
    }

    /// <summary>Creates a link under a temporary name beside <paramref name="path"/>, to be renamed; null if links are disabled or not supported.</summary>
    private string? TryLink(string path, string blob)
    {
        if (!links)
        {
            return null;
        }

        var link = TemporaryFile.NewName(Path.GetDirectoryName(path)!);
        try
        {
            File.CreateSymbolicLink(link, Path.GetRelativePath(Path.GetDirectoryName(path)!, blob));
            return link;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            // Windows without the privilege, or a file system without links.
            return null;
        }
    }

    private static string? ReadCommit(FileInfo file) => Read(
        file.FullName, () => file.Exists && file.Length <= LargestRef && File.ReadAllText(file.FullName).Trim() is var commit && HubPath.IsCommit(commit) ? commit : null);

    private static T Read<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HubException(HubError.Cache, $"'{path}' cannot be read: {e.Message} Check its permissions.", e);
        }
    }

    private string Ref(string revision) => Path.Combine([Directory, "refs", .. revision.Split('/')]);
}
