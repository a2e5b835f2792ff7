using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace AudioCraft.Hub;

/// <summary>The hash in a blob's name: SHA-256 for files in LFS, git's SHA-1 of a blob for others. Other ETags are not hashes and are not checked.</summary>
internal sealed class BlobHash : IDisposable
{
    private const int Sha256Digits = 64, Sha1Digits = 40;

    private readonly RemoteFile file;
    private IncrementalHash? hash;

    public BlobHash(RemoteFile file)
    {
        this.file = file;
        Restart();
    }

    /// <summary>Starts over.</summary>
    public void Restart()
    {
        hash?.Dispose();
        hash = null;
        if (file.ETag.Length == Sha256Digits && file.ETag.All(char.IsAsciiHexDigitLower))
        {
            hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        }
        else if (file.ETag.Length == Sha1Digits && file.ETag.All(char.IsAsciiHexDigitLower))
        {
            hash = NewGitHash();
            hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {file.Size}\0")));
        }
    }

    /// <summary>Adds bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => hash?.AppendData(bytes);

    /// <summary>Whether the bytes are those of the file.</summary>
    public bool Matches() => hash is null || Convert.ToHexStringLower(hash.GetHashAndReset()) == file.ETag;

    public void Dispose() => hash?.Dispose();

#pragma warning disable CA5350 // Git names small files by SHA-1; it guards against accidents here, as in git.
    private static IncrementalHash NewGitHash() => IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350
}
