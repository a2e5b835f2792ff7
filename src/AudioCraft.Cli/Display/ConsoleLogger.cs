using Microsoft.Extensions.Logging;

namespace AudioCraft.Cli.Display;

/// <summary>Prints the library's warnings and errors to stderr, without consecutive duplicates.</summary>
internal sealed class ConsoleLogger(ToolConsole console) : ILogger
{
    /// <summary>The library's warning about one unknown prompt; the tool prints one for all prompts before it starts.</summary>
    private const int UnknownKind = 101;

    private readonly Lock gate = new();
    private string? last;

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Warning and < LogLevel.None;

    /// <inheritdoc/>
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel) || eventId.Id == UnknownKind)
        {
            return;
        }

        var text = formatter(state, exception);
        lock (gate)
        {
            if (text == last)
            {
                return;
            }

            last = text;
        }

        console.Warn(text);
    }
}
