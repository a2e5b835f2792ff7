using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace AudioCraft.Fuzz;

/// <summary>A Hugging Face Hub with one small codec. One of its answers is replaced: the list of files, or the status and headers of a file.</summary>
internal sealed class HubAnswers : HttpMessageHandler
{
    private const string Commit = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string Config = """{"model_type": "encodec"}""";

    private static readonly string Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Config)));

    /// <summary>A valid list of files.</summary>
    public static byte[] List { get; } = Encoding.UTF8.GetBytes(
        $$"""{"id": "org/model", "sha": "{{Commit}}", "siblings": [{"rfilename": "config.json", "size": 25}, {"rfilename": "model.safetensors", "size": 25, "lfs": {"sha256": "{{Hash}}", "size": 25} } ] }""");

    /// <summary>A valid status and headers of a file.</summary>
    public static byte[] Head { get; } = Encoding.UTF8.GetBytes(
        $"200\nX-Repo-Commit: {Commit}\nETag: \"{Hash}\"\nX-Linked-Size: {Config.Length}\nX-Linked-Etag: \"{Hash}\"\nContent-Length: {Config.Length}\nX-Error-Code: none\nLocation: /file\nRetry-After: 1");

    public byte[]? ReplacedList { get; init; }

    public byte[]? ReplacedHead { get; init; }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        Task.FromResult(request.RequestUri!.AbsolutePath.StartsWith("/api/", StringComparison.Ordinal) ? Json(ReplacedList ?? List) : FileAnswer(ReplacedHead ?? Head, request));

    private static HttpResponseMessage Json(byte[] body) => new(HttpStatusCode.OK) { Content = new ByteArrayContent(body) };

    private static HttpResponseMessage FileAnswer(byte[] head, HttpRequestMessage request)
    {
        var lines = Encoding.Latin1.GetString(head).Split('\n');
        var response = new HttpResponseMessage(Status(lines[0])) { RequestMessage = request, Content = new StringContent(Config) };
        response.Content.Headers.ContentType = null;
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (name, value) = colon < 0 ? (line, "") : (line[..colon], line[(colon + 1)..].Trim());
            if (!response.Headers.TryAddWithoutValidation(name, value) && name == "Content-Length")
            {
                response.Content.Headers.Remove(name);
                response.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return response;
    }

    /// <summary>The status, except those after which the client waits and tries again.</summary>
    private static HttpStatusCode Status(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 200 and < 500 and not (408 or 429) ? (HttpStatusCode)status : HttpStatusCode.OK;
}
