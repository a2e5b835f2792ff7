using Microsoft.Extensions.Logging;

namespace AudioCraft.Hosting;

/// <summary>The log messages. Descriptions are logged only if <see cref="AudioCraftOptions.RecordPrompts"/> is set.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(EventId = 200, Level = LogLevel.Information, Message = "Loading {Model}.")]
    public static partial void Loading(ILogger logger, string model);

    [LoggerMessage(EventId = 201, Level = LogLevel.Information, Message = "Loaded {Model} on {Device} in {Seconds:F1} s.")]
    public static partial void Loaded(ILogger logger, string model, string device, double seconds);

    [LoggerMessage(EventId = 202, Level = LogLevel.Error, Message = "Loading {Model} failed.")]
    public static partial void LoadFailed(ILogger logger, string model, Exception error);

    [LoggerMessage(EventId = 203, Level = LogLevel.Information, Message = "Unloaded {Model}.")]
    public static partial void Unloaded(ILogger logger, string model);

    [LoggerMessage(EventId = 210, Level = LogLevel.Debug, Message = "Request {Id} to {Operation} with {Model} is queued at position {Position}.")]
    public static partial void Accepted(ILogger logger, long id, string operation, string model, int position);

    [LoggerMessage(EventId = 211, Level = LogLevel.Information, Message = "Request {Id} has the description: {Prompt}")]
    public static partial void Prompt(ILogger logger, long id, string prompt);

    [LoggerMessage(EventId = 212, Level = LogLevel.Warning, Message = "Request {Id} to {Operation} with {Model} was rejected: {Reason}")]
    public static partial void Refused(ILogger logger, long id, string operation, string model, string reason);

    [LoggerMessage(EventId = 213, Level = LogLevel.Debug, Message = "Request {Id} started after {Seconds:F2} s in the queue, in a batch of {Together}.")]
    public static partial void Started(ILogger logger, long id, double seconds, int together);

    [LoggerMessage(EventId = 214, Level = LogLevel.Information, Message = "Request {Id} to {Operation} with {Model} completed after {Seconds:F2} s.")]
    public static partial void Completed(ILogger logger, long id, string operation, string model, double seconds);

    [LoggerMessage(EventId = 215, Level = LogLevel.Information, Message = "Request {Id} to {Operation} with {Model} ended after {Seconds:F2} s: {Outcome}.")]
    public static partial void Ended(ILogger logger, long id, string operation, string model, double seconds, string outcome);

    [LoggerMessage(EventId = 216, Level = LogLevel.Error, Message = "Request {Id} to {Operation} with {Model} failed after {Seconds:F2} s.")]
    public static partial void Failed(ILogger logger, long id, string operation, string model, double seconds, Exception error);

    [LoggerMessage(EventId = 217, Level = LogLevel.Warning, Message = "A batch of {Count} requests failed with {Model}; they are generated one by one.")]
    public static partial void BatchFailed(ILogger logger, int count, string model, Exception error);

    [LoggerMessage(EventId = 220, Level = LogLevel.Information, Message = "{Model} is stopping; {Count} requests are waiting.")]
    public static partial void Stopping(ILogger logger, string model, int count);

    [LoggerMessage(EventId = 221, Level = LogLevel.Warning, Message = "The shutdown timeout has passed: {Count} requests to {Model} were ended.")]
    public static partial void Aborted(ILogger logger, int count, string model);
}
