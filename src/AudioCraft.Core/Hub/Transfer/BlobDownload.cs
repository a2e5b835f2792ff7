using Microsoft.Extensions.Logging;

namespace AudioCraft.Hub;

/// <summary>
/// Downloads one file to the cache: under the blob's lock, to <c>.incomplete</c> (which the next attempt resumes), checked against its hash,
/// then renamed. A file without <c>.incomplete</c> is complete, even after a crash.
/// </summary>
internal sealed class BlobDownload(HubHttp http, HubCache cache, DownloadMeter meter)
{
    private const int BufferBytes = 1 << 20;

    /// <summary>Downloads the file unless it is in the cache, and adds it to the snapshot.</summary>
    /// <exception cref="HubException">The download failed.</exception>
    public async Task RunAsync(string commit, RemoteFile file, CancellationToken cancellationToken)
    {
        var settings = http.Settings;
        using var held = await FileLock.TakeAsync(
            cache.Lock(file.ETag), settings.Timings, cancellationToken, () => HubLog.Waiting(settings.Logger, cache.Repository.Value, file.Name)).ConfigureAwait(false);
        try
        {
            var blob = cache.Blob(file.ETag);
            if (!File.Exists(blob) && !HubCache.IsFile(cache.InSnapshot(commit, file.Name)))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
                await FetchAsync(file, blob, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                meter.Plan(-file.Size);
            }

            cache.Link(commit, file.Name, file.ETag);
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

    private async Task FetchAsync(RemoteFile file, string blob, CancellationToken cancellationToken)
    {
        var incomplete = blob + ".incomplete";
        // Data of an earlier process may be damaged: the second attempt starts over.
        for (var attempt = 0; attempt < 2; attempt++)
        {
            if (await FetchOnceAsync(file, incomplete, cancellationToken).ConfigureAwait(false))
            {
                File.Move(incomplete, blob, overwrite: true);
                meter.End();
                return;
            }

            File.Delete(incomplete);
            meter.Restart();
        }

        throw new HubException(
            HubError.HashMismatch,
            $"{cache.Repository}: {file.Name} was downloaded twice with a wrong hash (expected {file.ETag}). Something between this machine and the Hub changes it: check proxies and the endpoint. Nothing was kept.");
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

        var here = target.Length;
        await HashWhatIsHereAsync(target, hash, cancellationToken).ConfigureAwait(false);
        meter.Begin(cache.Repository.Value, file.Name, file.Size, here);
        HubLog.Downloading(http.Settings.Logger, cache.Repository.Value, file.Name, file.Size, here);
        await new ResumableCopy(http, cache.Repository, file, meter).RunAsync(
            [new ByteRun(0, file.Size)], here, target, bytes => hash.Append(bytes.Span), Restart, cancellationToken).ConfigureAwait(false);
        target.Flush(flushToDisk: true);
        return hash.Matches();

        void Restart()
        {
            target.SetLength(0);
            hash.Restart();
            meter.Restart();
        }
    }

    private static async Task HashWhatIsHereAsync(FileStream target, BlobHash hash, CancellationToken cancellationToken)
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
