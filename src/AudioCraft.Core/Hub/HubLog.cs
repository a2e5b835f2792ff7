using Microsoft.Extensions.Logging;

namespace AudioCraft.Hub;

/// <summary>Log messages of the Hub's client. They never contain tokens or signed addresses.</summary>
internal static partial class HubLog
{
    [LoggerMessage(EventId = 200, Level = LogLevel.Information, Message = "Downloading {File} of {Repository}: {Bytes} bytes, {Here} already downloaded.")]
    public static partial void Downloading(ILogger logger, string repository, string file, long bytes, long here);

    [LoggerMessage(EventId = 201, Level = LogLevel.Warning, Message = "{Problem} Trying again in {Seconds:F1} s.")]
    public static partial void Retrying(ILogger logger, string problem, double seconds);

    [LoggerMessage(EventId = 202, Level = LogLevel.Warning, Message = "{Repository}: the Hub cannot be reached; using the cache. {Problem}")]
    public static partial void FromCache(ILogger logger, string repository, string problem);

    [LoggerMessage(EventId = 203, Level = LogLevel.Information, Message = "{File} of {Repository} is being downloaded by another process; waiting for it.")]
    public static partial void Waiting(ILogger logger, string repository, string file);

    [LoggerMessage(EventId = 204, Level = LogLevel.Information, Message = "{Repository}: the server does not support ranges; the whole text encoder is downloaded.")]
    public static partial void NoRanges(ILogger logger, string repository);
}
