using System.Text.Json;

namespace AudioCraft.Hub;

/// <summary>A file in the Hub's description of a repository.</summary>
/// <param name="Size">Its bytes; null if not listed.</param>
/// <param name="Hash">The hash of its content, as in <see cref="RemoteFile"/>; null if not listed.</param>
internal sealed record ListedFile(long? Size, string? Hash)
{
    /// <summary>Reads <c>size</c>, <c>blobId</c> and <c>lfs</c>, which the Hub adds on request (<c>?blobs=true</c>) and mirrors may omit.</summary>
    public static ListedFile Parse(JsonElement file)
    {
        // The blob of a file in LFS is a pointer: its size and hash differ from the content's.
        var isLarge = file.TryGetProperty("lfs", out var lfs) && lfs.ValueKind == JsonValueKind.Object;
        var hash = isLarge ? Text(lfs, "sha256") ?? Text(lfs, "oid") : Text(file, "blobId") ?? Text(file, "oid");
        return new ListedFile((isLarge ? Number(lfs, "size") : null) ?? Number(file, "size"), RemoteFile.IsHash(hash) ? hash : null);
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;
}
