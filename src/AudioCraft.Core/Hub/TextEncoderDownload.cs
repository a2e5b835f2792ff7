using AudioCraft.Checkpoints;
using AudioCraft.Conditioning;
using AudioCraft.Formats;

namespace AudioCraft.Hub;

/// <summary>
/// Downloads only the encoder of a T5: ranges of <c>model.safetensors</c>, assembled in a directory beside the Hub's cache
/// (<c>audiocraft/models--t5-large/&lt;commit&gt;</c>). If the whole file is in the cache already, or only another layout exists, that is used.
/// A part cannot be checked against the whole file's hash; its length, its header and every range are.
/// </summary>
internal sealed class TextEncoderDownload(HubRepository repository, DownloadMeter meter)
{
    private const int FirstRead = 64 << 10;

    private string Own => OwnDirectory(repository);

    /// <summary>Whether the encoder is complete, in either form.</summary>
    public static bool IsHere(HubRepository repository) => IsWhole(OwnDirectory(repository)) || repository.IsComplete(ModelKind.TextEncoder);

    /// <summary>Downloads what is missing; returns the directory for <see cref="T5TextEncoder.Load(string, TorchSharp.torch.Device)"/>.</summary>
    /// <exception cref="HubException">The download failed.</exception>
    public async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        if (IsWhole(Own))
        {
            return Own;
        }

        var files = ModelFiles.Choose(ModelKind.TextEncoder, name => repository.Has(name)) ?? throw ModelFetcher.NoModel(repository, ModelKind.TextEncoder);
        var weightsAreHere = repository.IsHere(CheckpointFiles.Weights) || repository.IsComplete(ModelKind.TextEncoder);
        if (files.Needed.Contains(CheckpointFiles.Weights) && !weightsAreHere)
        {
            try
            {
                return await FetchPartAsync(files, cancellationToken).ConfigureAwait(false);
            }
            catch (RangesNotSupportedException)
            {
                HubLog.NoRanges(repository.Settings.Logger, repository.Id.Value);
            }
        }

        if (!repository.IsComplete(ModelKind.TextEncoder))
        {
            await repository.FetchAsync(files, meter, cancellationToken).ConfigureAwait(false);
        }

        return repository.Snapshot;
    }

    private static string OwnDirectory(HubRepository repository) => Path.Combine(repository.Settings.OwnDirectory, repository.Id.FolderName, repository.Commit);

    private static bool IsWhole(string directory) =>
        Array.TrueForAll([CheckpointFiles.Config, CheckpointFiles.Tokenizer, CheckpointFiles.Weights], name => File.Exists(Path.Combine(directory, name)));

    private async Task<string> FetchPartAsync(ModelFiles files, CancellationToken cancellationToken)
    {
        var settings = repository.Settings;
        var path = Path.Combine(settings.OwnDirectory, ".locks", repository.Id.FolderName, repository.Commit + ".lock");
        using var held = await FileLock.TakeAsync(path, settings, cancellationToken, () => HubLog.Waiting(settings.Logger, repository.Id.Value, CheckpointFiles.Weights)).ConfigureAwait(false);
        if (IsWhole(Own))
        {
            return Own;
        }

        try
        {
            Directory.CreateDirectory(Own);
            string[] small = [.. files.Needed.Concat(files.Wanted).Where(name => name != CheckpointFiles.Weights)];
            await repository.FetchAsync(small, meter, cancellationToken).ConfigureAwait(false);
            foreach (var name in small)
            {
                AtomicFile.Copy(Path.Combine(repository.Snapshot, name), Path.Combine(Own, name));
            }

            await FetchWeightsAsync(Path.Combine(Own, CheckpointFiles.Weights), held.IsExclusive, cancellationToken).ConfigureAwait(false);
            return Own;
        }
        catch (IOException e)
        {
            throw DiskSpace.Explain(e, Own);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new HubException(HubError.Cache, $"'{Own}' cannot be written: {e.Message} Check its permissions, or choose another place with HF_HOME or PretrainedOptions.CacheDirectory.", e);
        }
    }

    private async Task FetchWeightsAsync(string target, bool isExclusive, CancellationToken cancellationToken)
    {
        var file = await repository.DescribeAsync(CheckpointFiles.Weights, cancellationToken).ConfigureAwait(false);
        // The header is not part of the reported progress.
        var copy = new ResumableCopy(repository.Http, repository.Id, file, new DownloadMeter(null, TimeProvider.System));
        var start = await ReadAsync(copy, 0, Math.Min(FirstRead, file.Size), cancellationToken).ConfigureAwait(false);
        var head = EncoderPart.HeadLength(start, file);
        if (head > start.Length)
        {
            start = [.. start, .. await ReadAsync(copy, start.Length, head - start.Length, cancellationToken).ConfigureAwait(false)];
        }

        var part = EncoderPart.Of(start.AsSpan(0, (int)head), file);
        await FetchDataAsync(part, file, target, isExclusive, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<byte[]> ReadAsync(ResumableCopy copy, long from, long count, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        await copy.RunAsync([new ByteRun(from, count)], 0, bytes, null, null, cancellationToken).ConfigureAwait(false);
        return bytes.ToArray();
    }

    private async Task FetchDataAsync(EncoderPart part, RemoteFile file, string target, bool isExclusive, CancellationToken cancellationToken)
    {
        // The name contains the hash of the whole file, so partial data is always of this file.
        var partial = $"{target}.{file.ETag}";
        var incomplete = BlobDownload.Incomplete(partial, isExclusive);
        try
        {
            await using (var stream = new FileStream(incomplete, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 0, useAsync: true))
            {
                var existing = await ExistingAsync(stream, part, cancellationToken).ConfigureAwait(false);
                meter.Plan(part.DataLength);
                repository.Settings.Disk.Check(Own, part.DataLength - existing);
                meter.Begin(repository.Id.Value, file.Name, part.DataLength, existing);
                HubLog.Downloading(repository.Settings.Logger, repository.Id.Value, file.Name, part.DataLength, existing);
                await new ResumableCopy(repository.Http, repository.Id, file, meter).RunAsync(part.Runs, existing, stream, null, null, cancellationToken).ConfigureAwait(false);
                stream.Flush(flushToDisk: true);
            }

            // Checks the file against its header.
            SafetensorsFile.Open(incomplete).Dispose();
            DirectoryEntries.Rename(incomplete, target);
            meter.End();
        }
        finally
        {
            if (!isExclusive)
            {
                File.Delete(incomplete);
                BlobDownload.RemoveAbandoned(partial);
            }
        }
    }

    /// <summary>Bytes of the data from an earlier attempt; the stream is then at its end, after the header.</summary>
    private static async Task<long> ExistingAsync(FileStream stream, EncoderPart part, CancellationToken cancellationToken)
    {
        var head = new byte[part.Head.Length];
        if (stream.Length < head.Length || stream.Length > head.Length + part.DataLength
            || await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false) < head.Length || !head.AsSpan().SequenceEqual(part.Head))
        {
            stream.SetLength(0);
            await stream.WriteAsync(part.Head, cancellationToken).ConfigureAwait(false);
        }

        stream.Position = stream.Length;
        return stream.Length - head.Length;
    }
}
