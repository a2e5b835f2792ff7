namespace AudioCraft;

/// <summary>How far a download is. Bytes that were already in the cache are not part of it.</summary>
/// <param name="Repository">Such as <c>facebook/audiogen-medium</c>.</param>
/// <param name="File">The file of the repository that is being fetched.</param>
/// <param name="FileBytes">Bytes of the file that are here, those of an earlier attempt included.</param>
/// <param name="FileSize">Bytes of the file (of a text encoder: of the part that is fetched).</param>
/// <param name="Bytes">Bytes of all files so far.</param>
/// <param name="TotalBytes">Bytes of all files that are known to be needed. It grows when a model turns out to name another, such as its text encoder.</param>
/// <param name="BytesPerSecond">What has arrived in the last seconds; 0 before anything has.</param>
public sealed record DownloadProgress(
    string Repository, string File, long FileBytes, long FileSize, long Bytes, long TotalBytes, double BytesPerSecond)
{
    /// <summary>The part that is done, 0 to 1.</summary>
    public double Fraction => TotalBytes > 0 ? (double)Bytes / TotalBytes : 1;

    /// <summary>What the rest takes at the present rate; null where there is no rate yet.</summary>
    public TimeSpan? Remaining => BytesPerSecond > 0 ? TimeSpan.FromSeconds(Math.Min((TotalBytes - Bytes) / BytesPerSecond, int.MaxValue)) : null;
}
