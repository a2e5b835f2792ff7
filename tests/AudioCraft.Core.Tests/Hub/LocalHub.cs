using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace AudioCraft.Tests.Hub;

/// <summary>A request of a client.</summary>
internal sealed record HubRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers)
{
    public bool IsFile => Path.Contains("/resolve/", StringComparison.Ordinal) || Path.StartsWith("/cdn/", StringComparison.Ordinal);
}

/// <summary>A response, optionally with a wrong content length, or truncated.</summary>
internal sealed record HubResponse(int Status, byte[] Body, params (string Name, string Value)[] Headers)
{
    /// <summary>The Content-Length header; null for the length of the body, negative for none.</summary>
    public long? Announced { get; init; }

    /// <summary>The number of bytes after which the connection is closed.</summary>
    public int? CutAfter { get; init; }
}

/// <summary>A minimal Hugging Face Hub on the loopback interface. <see cref="Misbehave"/> can replace any response.</summary>
internal sealed class LocalHub : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentDictionary<string, Dictionary<string, byte[]>> repositories = new();
    private readonly ConcurrentDictionary<string, byte[]> blobs = new();

    public LocalHub()
    {
        listener.Start();
        _ = AcceptAsync();
    }

    public static string Commit { get; } = new('a', 40);

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

    /// <summary>The host of large files, as on the real Hub; null for this one.</summary>
    public LocalHub? Elsewhere { get; set; }

    /// <summary>Files of at least this size are large, and named by SHA-256.</summary>
    public int Large { get; set; } = 1000;

    /// <summary>Whether the description of a repository contains sizes and hashes, as on the real Hub.</summary>
    public bool ListsHashes { get; set; }

    /// <summary>Returns a response in place of the Hub's, or null.</summary>
    public Func<HubRequest, HubResponse?>? Misbehave { get; set; }

    public ConcurrentQueue<HubRequest> Requests { get; } = new();

    public void Add(string id, params (string Name, byte[] Content)[] files)
    {
        repositories[id] = files.ToDictionary(file => file.Name, file => file.Content);
        foreach (var (_, content) in files)
        {
            blobs[Sha256(content)] = content;
            if (Elsewhere is not null)
            {
                Elsewhere.blobs[Sha256(content)] = content;
            }
        }
    }

    /// <summary>The content at a path of the other host.</summary>
    public byte[] Blob(string path) => blobs[path["/cdn/".Length..]];

    public int CountOf(string method, string part) => Requests.Count(request => request.Method == method && request.Path.Contains(part, StringComparison.Ordinal));

    public static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

#pragma warning disable CA5350 // the hash of git objects
    public static string GitSha1(byte[] content) =>
        Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {content.Length}\0")), .. content]));
#pragma warning restore CA5350

    /// <summary>Serves content with support for ranges.</summary>
    public static HubResponse Ranged(HubRequest request, byte[] content, params (string, string)[] headers)
    {
        if (!request.Headers.TryGetValue("range", out var range))
        {
            return new HubResponse(200, content, headers);
        }

        var parts = range["bytes=".Length..].Split('-');
        var from = int.Parse(parts[0], CultureInfo.InvariantCulture);
        var to = parts[1].Length == 0 ? content.Length - 1 : Math.Min(content.Length - 1, int.Parse(parts[1], CultureInfo.InvariantCulture));
        return from < content.Length
            ? new HubResponse(206, content[from..(to + 1)], [.. headers, ("Content-Range", $"bytes {from}-{to}/{content.Length}")])
            : new HubResponse(416, [], ("Content-Range", $"bytes */{content.Length}"));
    }

    public void Dispose()
    {
        if (stop.IsCancellationRequested)
        {
            return;
        }

        stop.Cancel();
        listener.Dispose();
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var cancellationToken = stop.Token;
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(cancellationToken);
                _ = Task.Run(() => ServeAsync(client, cancellationToken), cancellationToken);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }

    private async Task ServeAsync(TcpClient client, CancellationToken cancellationToken)
    {
        using (client)
        {
            try
            {
                await using var stream = client.GetStream();
                if (await ReadAsync(stream, cancellationToken) is { } request)
                {
                    Requests.Enqueue(request);
                    await WriteAsync(stream, request, Misbehave?.Invoke(request) ?? Answer(request), cancellationToken);
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
            {
                // The client closed the connection.
            }
        }
    }

    private static async Task<HubRequest?> ReadAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var one = new byte[1];
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, cancellationToken) == 0)
            {
                return null;
            }

            text.Append((char)one[0]);
        }

        var lines = text.ToString().Split("\r\n");
        var first = lines[0].Split(' ');
        var headers = lines.Skip(1).Where(line => line.Contains(':', StringComparison.Ordinal)).ToDictionary(
            line => line[..line.IndexOf(':', StringComparison.Ordinal)].ToLowerInvariant(), line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim());
        return new HubRequest(first[0], Uri.UnescapeDataString(first[1]), headers);
    }

    private static async Task WriteAsync(NetworkStream stream, HubRequest request, HubResponse response, CancellationToken cancellationToken)
    {
        var head = new StringBuilder($"HTTP/1.1 {response.Status} Answer\r\nConnection: close\r\n");
        var announced = response.Announced ?? response.Body.Length;
        if (announced >= 0)
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {announced}\r\n");
        }

        foreach (var (name, value) in response.Headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        await stream.WriteAsync(Encoding.UTF8.GetBytes(head + "\r\n"), cancellationToken);
        if (request.Method != "HEAD")
        {
            await stream.WriteAsync(response.Body.AsMemory(0, Math.Min(response.CutAfter ?? int.MaxValue, response.Body.Length)), cancellationToken);
        }
    }

    private HubResponse Answer(HubRequest request)
    {
        if (request.Path.StartsWith("/cdn/", StringComparison.Ordinal))
        {
            return blobs.TryGetValue(request.Path["/cdn/".Length..], out var blob) ? Ranged(request, blob, ("ETag", "\"of-another-kind\"")) : new HubResponse(404, []);
        }

        foreach (var (id, files) in repositories)
        {
            if (request.Path.StartsWith($"/api/models/{id}/revision/", StringComparison.Ordinal))
            {
                return new HubResponse(200, JsonSerializer.SerializeToUtf8Bytes(new { id, sha = Commit, siblings = files.Select(file => ListsHashes ? Described(file.Key, file.Value) : new { rfilename = file.Key }) }));
            }

            var start = $"/{id}/resolve/{Commit}/";
            if (request.Path.StartsWith(start, StringComparison.Ordinal))
            {
                return files.TryGetValue(request.Path[start.Length..], out var content) ? File(request, content) : new HubResponse(404, [], ("X-Error-Code", "EntryNotFound"));
            }
        }

        return new HubResponse(404, [], ("X-Error-Code", "RepoNotFound"));
    }

    private object Described(string rfilename, byte[] content) => content.Length < Large
        ? new { rfilename, size = content.Length, blobId = GitSha1(content) }
        : new { rfilename, size = content.Length, blobId = GitSha1([1]), lfs = new { sha256 = Sha256(content), size = content.Length, pointerSize = 130 } };

    private HubResponse File(HubRequest request, byte[] content)
    {
        if (content.Length < Large)
        {
            return Ranged(request, content, ("ETag", $"\"{GitSha1(content)}\""), ("X-Repo-Commit", Commit));
        }

        var sha = Sha256(content);
        return new HubResponse(
            302, [], ("Location", $"{(Elsewhere ?? this).Address}cdn/{sha}"), ("X-Linked-ETag", $"\"{sha}\""), ("X-Linked-Size", content.Length.ToString(CultureInfo.InvariantCulture)),
            ("ETag", "\"an-etag-of-the-pointer\""), ("X-Repo-Commit", Commit));
    }
}
