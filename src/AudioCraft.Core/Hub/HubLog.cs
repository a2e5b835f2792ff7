using Microsoft.Extensions.Logging;

namespace AudioCraft.Hub;

/// <summary>Log messages of the Hub's client. They never contain tokens or signed addresses.</summary>
internal static partial class HubLog
{
    [LoggerMessage(EventId = 120, Level = LogLevel.Information, Message = "Downloading {File} of {Repository}: {Bytes} bytes, {Here} already downloaded.")]
    public static partial void Downloading(ILogger logger, string repository, string file, long bytes, long here);

    [LoggerMessage(EventId = 121, Level = LogLevel.Warning, Message = "{Problem} Trying again in {Seconds:F1} s.")]
    public static partial void Retrying(ILogger logger, string problem, double seconds);

    [LoggerMessage(EventId = 122, Level = LogLevel.Warning, Message = "{Repository}: using the cache, because the Hub does not provide the model. {Problem}")]
    public static partial void FromCache(ILogger logger, string repository, string problem);

    [LoggerMessage(EventId = 123, Level = LogLevel.Information, Message = "{File} of {Repository} is being downloaded by another process; waiting for it.")]
    public static partial void Waiting(ILogger logger, string repository, string file);

    [LoggerMessage(EventId = 124, Level = LogLevel.Information, Message = "{Repository}: the server does not support ranges; the whole text encoder is downloaded.")]
    public static partial void NoRanges(ILogger logger, string repository);

    [LoggerMessage(EventId = 125, Level = LogLevel.Warning, Message = "{Repository}: the cache has no complete snapshot of the branch '{Revision}'; using commit {Commit}, the newest complete one.")]
    public static partial void OtherSnapshot(ILogger logger, string repository, string revision, string commit);

    [LoggerMessage(EventId = 126, Level = LogLevel.Information, Message = "{Repository}: the commit of '{Revision}' cannot be stored in the cache; the model is still usable. {Problem}")]
    public static partial void RefNotStored(ILogger logger, string repository, string revision, string problem);

    [LoggerMessage(EventId = 127, Level = LogLevel.Warning, Message = "{File} of {Repository}: the server provides no hash of the content, so only its size is checked.")]
    public static partial void NoHash(ILogger logger, string repository, string file);

    [LoggerMessage(EventId = 128, Level = LogLevel.Warning, Message = "The Hub's token is sent to {Host} over plain http, where others can read it. Use https, or no token (PretrainedOptions.Token = \"\").")]
    public static partial void TokenInPlainText(ILogger logger, string host);

    [LoggerMessage(EventId = 129, Level = LogLevel.Information, Message = "'{Path}' cannot be locked on this file system. Downloads use private temporary files and do not resume.")]
    public static partial void NoLocks(ILogger logger, string path);
}
