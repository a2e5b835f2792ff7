using System.Globalization;

namespace AudioCraft.Hub;

/// <summary>A file of a repository.</summary>
/// <param name="Name">Its path in the repository.</param>
/// <param name="Address">Its address.</param>
/// <param name="ETag">Its ETag, which names the blob in the cache.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="Hash">The hash of its content: SHA-256 (64 digits) for files in LFS, git's SHA-1 of a blob (40 digits) for others; null if the server provides none.</param>
internal sealed record RemoteFile(string Name, Uri Address, string ETag, long Size, string? Hash)
{
    /// <summary>The largest accepted size. Sums of sizes cannot overflow with it.</summary>
    public const long MaximumSize = 1L << 42;

    public const int Sha256Digits = 64, Sha1Digits = 40;

    /// <summary>Whether the text can be the hash of a content.</summary>
    public static bool IsHash(string? text) => text is { Length: Sha256Digits or Sha1Digits } && text.All(char.IsAsciiHexDigitLower);

    /// <summary>A file with the size and ETag of a response and the values that the repository lists.</summary>
    /// <param name="name">The path in the repository.</param>
    /// <param name="address">The address.</param>
    /// <param name="etag">The ETag, checked to be a file name.</param>
    /// <param name="size">The size of the response; null if it has none.</param>
    /// <param name="listed">What the repository lists for the file, or null.</param>
    /// <param name="requested">What was requested, for messages.</param>
    /// <exception cref="HubException">The size is missing, out of range or contradictory.</exception>
    public static RemoteFile Of(string name, Uri address, string etag, long? size, ListedFile? listed, string requested)
    {
        if (size is null or < 0 or > MaximumSize)
        {
            var sent = size is null ? "does not send the size of the file" : string.Create(CultureInfo.InvariantCulture, $"sends {size} as the size of the file; 0 to {MaximumSize} bytes are expected");
            throw new HubException(HubError.InvalidResponse, $"{requested}: the server {sent}. Check the endpoint, or try again later.");
        }

        if (listed?.Size is { } other && other != size)
        {
            throw new HubException(HubError.InvalidResponse, string.Create(CultureInfo.InvariantCulture, $"{requested}: the server sends a size of {size} bytes, but the repository lists {other}. Check proxies and the endpoint, or try again later."));
        }

        // SHA-256 first: a mirror's ETag of 40 digits may be another kind of hash, and a listed SHA-1 that of a pointer to a file in LFS.
        string?[] hashes = [listed?.Hash, IsHash(etag) ? etag : null];
        return new RemoteFile(name, address, etag, size.Value, Array.Find(hashes, hash => hash?.Length == Sha256Digits) ?? Array.Find(hashes, hash => hash is not null));
    }
}
