using System.Buffers;
using System.Net;

namespace AudioCraft.Hub;

/// <summary>A range of a remote file.</summary>
internal readonly record struct ByteRun(long Offset, long Length);

/// <summary>Appends ranges of a remote file to a local one; resumes after lost connections.</summary>
internal sealed class ResumableCopy(HubHttp http, RepoId repository, RemoteFile file, DownloadMeter meter)
{
    private const int BufferBytes = 256 << 10;

    private readonly string requested = $"{repository}: {file.Name}";

    /// <summary>Copies the missing bytes.</summary>
    /// <param name="runs">The ranges, in order.</param>
    /// <param name="done">Bytes of them that are in the target already.</param>
    /// <param name="target">The stream to append to.</param>
    /// <param name="seen">Receives every byte; may be null.</param>
    /// <param name="restart">Empties the target, for a server that does not support ranges; null if the copy cannot start over.</param>
    /// <param name="cancellationToken">Checked between blocks; received bytes are kept.</param>
    /// <exception cref="RangesNotSupportedException">The server does not support ranges, and <paramref name="restart"/> is null.</exception>
    /// <exception cref="HubException">The copy failed permanently.</exception>
    public async Task RunAsync(IReadOnlyList<ByteRun> runs, long done, Stream target, Action<ReadOnlyMemory<byte>>? seen, Action? restart, CancellationToken cancellationToken)
    {
        var total = runs.Sum(run => run.Length);
        var retries = new Retries(http.Settings);
        var arrived = 0L;
        while (done < total)
        {
            try
            {
                var (at, to) = Find(runs, done);
                using var response = await OpenAsync(at, to, restart is not null, cancellationToken).ConfigureAwait(false);
                if (response.StatusCode == HttpStatusCode.OK && at > 0)
                {
                    restart!();
                    (at, done) = (0, 0);
                }

                await CopyAsync(response, to - at + 1, cancellationToken).ConfigureAwait(false);
            }
            catch (TransientException e)
            {
                if (arrived >= http.Settings.Timings.RealProgress)
                {
                    arrived = 0;
                    retries.Progressed();
                }

                await retries.WaitAsync(e, cancellationToken).ConfigureAwait(false);
            }
        }

        async Task CopyAsync(HttpResponseMessage response, long expected, CancellationToken cancellationToken)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
            try
            {
                using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
                while (expected > 0)
                {
                    var read = await ReadAsync(body, buffer, silence, cancellationToken).ConfigureAwait(false);
                    silence.CancelAfter(Timeout.InfiniteTimeSpan);
                    if (read > expected)
                    {
                        throw UnexpectedContent($"more than the {file.Size} bytes that it announced");
                    }

                    var piece = buffer.AsMemory(0, read);
                    await WriteAsync(target, piece, cancellationToken).ConfigureAwait(false);
                    seen?.Invoke(piece);
                    (done, expected, arrived) = (done + read, expected - read, arrived + read);
                    meter.Add(read);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private static (long From, long To) Find(IReadOnlyList<ByteRun> runs, long done)
    {
        foreach (var run in runs)
        {
            if (done < run.Length)
            {
                return (run.Offset + done, run.Offset + run.Length - 1);
            }

            done -= run.Length;
        }

        throw new ArgumentOutOfRangeException(nameof(done), done, "All bytes are copied already.");
    }

    private async Task<HttpResponseMessage> OpenAsync(long from, long to, bool mayBeWhole, CancellationToken cancellationToken)
    {
        var whole = from == 0 && to == file.Size - 1;
        var response = await http.SendAsync(HttpMethod.Get, file.Address, repository, requested, whole ? null : from, whole ? null : to, leaveHost: true, cancellationToken).ConfigureAwait(false);
        try
        {
            var expected = to - from + 1;
            if (ResponseErrors.IsWebPage(response) && response.Content.Headers.ContentLength != (response.StatusCode == HttpStatusCode.OK ? file.Size : expected))
            {
                throw ResponseErrors.WebPage(requested, "");
            }

            switch (response.StatusCode)
            {
                case HttpStatusCode.OK when whole || mayBeWhole:
                    expected = file.Size;
                    break;
                case HttpStatusCode.OK:
                    throw new RangesNotSupportedException();
                case HttpStatusCode.PartialContent when response.Content.Headers.ContentRange is { } range && range.From == from && range.To == to && (range.Length ?? file.Size) == file.Size:
                    break;
                default:
                    throw UnexpectedContent($"{(int)response.StatusCode} and the range '{response.Content.Headers.ContentRange}' where bytes {from} to {to} of {file.Size} were requested");
            }

            if (response.Content.Headers.ContentLength is { } length && length != expected)
            {
                throw UnexpectedContent($"{length} bytes where {expected} were expected");
            }

            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private async Task<int> ReadAsync(Stream body, byte[] buffer, CancellationTokenSource silence, CancellationToken cancellationToken)
    {
        try
        {
            silence.CancelAfter(http.Settings.Timings.Silence);
            var read = await body.ReadAsync(buffer, silence.Token).ConfigureAwait(false);
            return read > 0 ? read : throw http.Lost(requested, file.Address, new EndOfStreamException("The response ends early."));
        }
        catch (Exception e) when (ConnectionErrors.IsFailure(e, cancellationToken))
        {
            throw http.Lost(requested, file.Address, e);
        }
    }

    private async Task WriteAsync(Stream target, ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        try
        {
            await target.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw DiskSpace.Explain(e, (target as FileStream)?.Name ?? file.Name);
        }
    }

    // Retried: one server of many may be at fault.
    private TransientException UnexpectedContent(string what) =>
        new(new HubException(HubError.InvalidResponse, $"{requested}: the server sends {what}. Check the endpoint, or try again later."));
}

/// <summary>The server responds to a range request with the whole file. Never thrown to callers.</summary>
internal sealed class RangesNotSupportedException : Exception;
