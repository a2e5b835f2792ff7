namespace AudioCraft.Hub;

/// <summary>A file of a repository.</summary>
/// <param name="Name">Its path in the repository.</param>
/// <param name="Address">Its address.</param>
/// <param name="ETag">Its hash: SHA-256 of 64 digits for large files, git's SHA-1 of 40 for small ones. It names the blob in the cache.</param>
/// <param name="Size">Its bytes.</param>
internal sealed record RemoteFile(string Name, Uri Address, string ETag, long Size);
