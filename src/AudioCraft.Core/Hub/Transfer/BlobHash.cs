using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace AudioCraft.Hub;

/// <summary>Checks the content of a file against <see cref="RemoteFile.Hash"/>: SHA-256 for files in LFS, git's SHA-1 of a blob for others.</summary>
internal sealed class BlobHash : IDisposable
{
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
        if (file.Hash?.Length == RemoteFile.Sha256Digits)
        {
            hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        }
        else if (file.Hash?.Length == RemoteFile.Sha1Digits)
        {
            hash = NewGitHash();
            hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {file.Size}\0")));
        }
    }

    /// <summary>Adds bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => hash?.AppendData(bytes);

    /// <summary>Whether the bytes have the hash of the file. Without a hash, only their number is known, which the copy checks.</summary>
    public bool Matches() => hash is null || Convert.ToHexStringLower(hash.GetHashAndReset()) == file.Hash;

    public void Dispose() => hash?.Dispose();

#pragma warning disable CA5350 // Git names small files by SHA-1; here too it detects accidental damage.
    private static IncrementalHash NewGitHash() => IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350
}
