namespace AudioCraft;

/// <summary>The progress of a download. Bytes that were already in the cache are not counted.</summary>
/// <param name="Repository">The repository, such as <c>facebook/audiogen-medium</c>.</param>
/// <param name="File">The file that is being downloaded; empty before the first one.</param>
/// <param name="FileBytes">Bytes of the file downloaded so far, including those of earlier attempts.</param>
/// <param name="FileSize">Bytes of the file (for a text encoder: of the downloaded part).</param>
/// <param name="Bytes">Bytes of all files downloaded so far.</param>
/// <param name="TotalBytes">Bytes of all files known to be needed. It grows when a model names another, such as its text encoder.</param>
/// <param name="BytesPerSecond">The rate of the last seconds; 0 before the first bytes.</param>
public sealed record DownloadProgress(
    string Repository, string File, long FileBytes, long FileSize, long Bytes, long TotalBytes, double BytesPerSecond)
{
    /// <summary>Why the last attempt failed, if this reports a wait before another attempt; else null.</summary>
    public string? Problem { get; init; }

    /// <summary>The duration of that wait; else null.</summary>
    public TimeSpan? RetryDelay { get; init; }

    /// <summary>The completed fraction, 0 to 1.</summary>
    public double Fraction => TotalBytes > 0 ? (double)Bytes / TotalBytes : 1;

    /// <summary>The estimated remaining time; null if the rate is not known yet.</summary>
    public TimeSpan? Remaining => BytesPerSecond > 0 ? TimeSpan.FromSeconds(Math.Min((TotalBytes - Bytes) / BytesPerSecond, int.MaxValue)) : null;
}
