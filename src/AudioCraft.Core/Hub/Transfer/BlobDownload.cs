using Microsoft.Extensions.Logging;

namespace AudioCraft.Hub;

/// <summary>
/// Downloads one file to the cache: under the blob's lock, to <c>.incomplete</c> (which the next attempt resumes), checked against its hash,
/// then renamed. A file without <c>.incomplete</c> is complete, even after a crash. On a file system without locks the temporary file has a private name.
/// </summary>
internal sealed class BlobDownload(HubHttp http, HubCache cache, DownloadMeter meter)
{
    private const int BufferBytes = 1 << 20;

    private static readonly TimeSpan Abandoned = TimeSpan.FromDays(1);

    /// <summary>Downloads the file unless it is in the cache, and adds it to the snapshot.</summary>
    /// <exception cref="HubException">The download failed.</exception>
    public async Task RunAsync(string commit, RemoteFile file, CancellationToken cancellationToken)
    {
        var settings = http.Settings;
        using var held = await FileLock.TakeAsync(
            cache.Lock(file.ETag), settings, cancellationToken, () => HubLog.Waiting(settings.Logger, cache.Repository.Value, file.Name)).ConfigureAwait(false);
        try
        {
            var blob = cache.Blob(file.ETag);
            if (HubCache.LengthOf(cache.InSnapshot(commit, file.Name)) == file.Size)
            {
                meter.Plan(-file.Size);
            }
            else if (HubCache.LengthOf(blob) == file.Size)
            {
                meter.Plan(-file.Size);
                cache.Link(commit, file.Name, file.ETag);
            }
            else
            {
                await FetchAsync(commit, file, blob, held.IsExclusive, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (IOException e)
        {
            throw DiskSpace.Explain(e, cache.Directory);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new HubException(HubError.Cache, $"'{cache.Directory}' cannot be written: {e.Message} Check its permissions, or choose another with HF_HOME or PretrainedOptions.CacheDirectory.", e);
        }
    }

    /// <summary>The name of the temporary file: shared, so that the next attempt resumes, or private, if nothing prevents two processes from writing to it.</summary>
    public static string Incomplete(string path, bool isExclusive) => isExclusive ? path + ".incomplete" : $"{path}.{Guid.NewGuid():n}.incomplete";

    /// <summary>Removes private temporary files of processes that ended long ago.</summary>
    public static void RemoveAbandoned(string path)
    {
        foreach (var file in new DirectoryInfo(Path.GetDirectoryName(path)!).EnumerateFiles(Path.GetFileName(path) + ".*.incomplete"))
        {
            if (DateTime.UtcNow - file.LastWriteTimeUtc > Abandoned)
            {
                file.Delete();
            }
        }
    }

    private async Task FetchAsync(string commit, RemoteFile file, string blob, bool isExclusive, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
        var incomplete = Incomplete(blob, isExclusive);
        if (file.Hash is null)
        {
            HubLog.NoHash(http.Settings.Logger, cache.Repository.Value, file.Name);
            // Damage to earlier data would not be detected.
            File.Delete(incomplete);
        }

        try
        {
            await FetchCheckedAsync(file, incomplete, cancellationToken).ConfigureAwait(false);
            cache.Store(incomplete, commit, file.Name, file.ETag);
            meter.End();
        }
        finally
        {
            if (!isExclusive)
            {
                File.Delete(incomplete);
                RemoveAbandoned(blob);
            }
        }
    }

    private async Task FetchCheckedAsync(RemoteFile file, string incomplete, CancellationToken cancellationToken)
    {
        // Data of an earlier process may be damaged: the second attempt starts over.
        for (var attempt = 0; attempt < 2; attempt++)
        {
            if (await FetchOnceAsync(file, incomplete, cancellationToken).ConfigureAwait(false))
            {
                return;
            }

            File.Delete(incomplete);
            meter.Restart();
        }

        throw new HubException(
            HubError.HashMismatch,
            $"{cache.Repository}: {file.Name} was downloaded twice with a wrong hash (expected {file.Hash}). Something between this machine and the Hub changes it: check proxies and the endpoint. Nothing was kept.");
    }

    private async Task<bool> FetchOnceAsync(RemoteFile file, string incomplete, CancellationToken cancellationToken)
    {
        using var hash = new BlobHash(file);
        await using var target = new FileStream(incomplete, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Read,
            Options = FileOptions.Asynchronous,
            BufferSize = 0,
        });
        if (target.Length > file.Size)
        {
            target.SetLength(0);
        }

        var existing = target.Length;
        await HashExistingAsync(target, hash, cancellationToken).ConfigureAwait(false);
        meter.Begin(cache.Repository.Value, file.Name, file.Size, existing);
        HubLog.Downloading(http.Settings.Logger, cache.Repository.Value, file.Name, file.Size, existing);
        await new ResumableCopy(http, cache.Repository, file, meter).RunAsync(
            [new ByteRun(0, file.Size)], existing, target, bytes => hash.Append(bytes.Span), Restart, cancellationToken).ConfigureAwait(false);
        target.Flush(flushToDisk: true);
        return hash.Matches();

        void Restart()
        {
            target.SetLength(0);
            hash.Restart();
            meter.Restart();
        }
    }

    private static async Task HashExistingAsync(FileStream target, BlobHash hash, CancellationToken cancellationToken)
    {
        var buffer = new byte[Math.Min(BufferBytes, target.Length)];
        while (target.Position < target.Length)
        {
            var read = await target.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                break;
            }

            hash.Append(buffer.AsSpan(0, read));
        }
    }
}
