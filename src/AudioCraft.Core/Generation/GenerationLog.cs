using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace AudioCraft.Generation;

/// <summary>Log messages of generation. They never contain descriptions.</summary>
internal static partial class GenerationLog
{
    [LoggerMessage(EventId = 100, Level = LogLevel.Debug, Message = "{Model} generates {Count} item(s) in {Steps} steps.")]
    public static partial void Started(ILogger logger, string model, int count, int steps);

    [LoggerMessage(EventId = 101, Level = LogLevel.Warning,
        Message = "Description {Item} mentions none of the kinds of audio that {Model} was trained on, so the result is one of these kinds: {Kinds}.")]
    public static partial void UnknownKind(ILogger logger, int item, string model, string kinds);

    [LoggerMessage(EventId = 110, Level = LogLevel.Information, Message = "Loaded {Model} on {Device} in {Seconds:F1} s.")]
    public static partial void Loaded(ILogger logger, string model, Device device, double seconds);
}
