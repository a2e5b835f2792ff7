using Microsoft.Extensions.Logging;

namespace AudioCraft.Tests.Hub;

/// <summary>Records log messages with their levels.</summary>
internal sealed class LogRecorder : ILogger
{
    private readonly List<(LogLevel Level, string Message)> entries = [];

    public IReadOnlyList<string> Warnings => [.. Of(LogLevel.Warning)];

    public IReadOnlyList<string> Information => [.. Of(LogLevel.Information)];

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (entries)
        {
            entries.Add((logLevel, formatter(state, exception)));
        }
    }

    private IEnumerable<string> Of(LogLevel level)
    {
        lock (entries)
        {
            return [.. entries.Where(entry => entry.Level == level).Select(entry => entry.Message)];
        }
    }
}
