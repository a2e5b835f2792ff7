using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace AudioCraft.Cli.Display;

/// <summary>
/// Input and output of the tool: results go to stdout, everything else to stderr, progress bars only to a terminal. With <c>--json</c>, the result is one JSON document
/// and every line of stderr is a JSON object. All text is printed through <see cref="PrintableWriter"/>.
/// </summary>
internal sealed class ToolConsole : IDisposable
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private static readonly JsonSerializerOptions OneLine = new(Indented) { WriteIndented = false };

    private readonly Lock gate = new();
    private readonly Func<Stream?> openBinary;
    private int runningBars;

    /// <param name="input">The source of prompts for <c>--file -</c>.</param>
    /// <param name="output">Receives results.</param>
    /// <param name="error">Receives errors, warnings and notes, one line each.</param>
    /// <param name="openBinary">Opens stdout for audio; returns null if it is a terminal.</param>
    /// <param name="terminal">A console for progress bars on stderr; null if stderr is not a terminal.</param>
    public ToolConsole(TextReader input, TextWriter output, TextWriter error, Func<Stream?> openBinary, IAnsiConsole? terminal)
    {
        (In, Out, Error, this.openBinary, Terminal) = (input, new PrintableWriter(output), new PrintableWriter(new ErrorWriter(error)), openBinary, terminal);
        Logger = new ConsoleLogger(this);
    }

    /// <summary>The source of prompts for <c>--file -</c>.</summary>
    public TextReader In { get; }

    /// <summary>Receives results: text or one JSON document.</summary>
    public TextWriter Out { get; }

    /// <summary>Receives errors, warnings and notes.</summary>
    public TextWriter Error { get; }

    /// <summary>A console for progress bars on stderr; null if stderr is not a terminal.</summary>
    public IAnsiConsole? Terminal { get; }

    /// <summary>Prints the warnings of the library, such as retries of a download.</summary>
    public ILogger Logger { get; }

    /// <summary>Whether results and errors are printed as JSON.</summary>
    public bool Json { get; set; }

    /// <summary>The streams of the process.</summary>
    public static ToolConsole OfProcess() => new(
        StandardInput.Open(), Console.Out, Console.Error, () => Console.IsOutputRedirected ? Console.OpenStandardOutput() : null,
        Console.IsErrorRedirected ? null : AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }));

    /// <summary>Prints the result, as JSON or as lines.</summary>
    /// <param name="value">The result.</param>
    /// <param name="lines">Describes it in lines.</param>
    /// <param name="onError">Whether it goes to stderr, because stdout receives the audio.</param>
    public void Result<T>(T value, Func<T, IEnumerable<string>> lines, bool onError = false)
    {
        if (Json)
        {
            Out.WriteLine(JsonSerializer.Serialize(value, Indented));
            return;
        }

        foreach (var line in lines(value))
        {
            (onError ? Error : Out).WriteLine(PrintableWriter.Line(line));
        }
    }

    /// <summary>Prints a note to stderr.</summary>
    public void Note(string text) => WriteError($"note: {text}", () => new { note = text });

    /// <summary>Prints a warning to stderr.</summary>
    public void Warn(string text) => WriteError($"warning: {text}", () => new { warning = text });

    /// <summary>Prints the error that ends the command to stderr.</summary>
    public void Fail(int exitCode, string text) => WriteError($"audiocraft: {text}", () => new { error = text, exitCode });

    /// <summary>Opens stdout for audio.</summary>
    /// <exception cref="UsageException">It is a terminal.</exception>
    public Stream OpenBinaryOutput() => openBinary() ?? throw new UsageException("--output - writes audio to stdout, which is a terminal: redirect it to a file or a program.");

    /// <summary>Marks that progress bars are shown until the result is disposed. Notes are printed above them.</summary>
    public IDisposable ShowBars() => new BarsShown(this);

    /// <inheritdoc/>
    public void Dispose()
    {
        Out.Dispose();
        Error.Dispose();
    }

    private void WriteError(string text, Func<object> json)
    {
        var line = PrintableWriter.Line(Json ? JsonSerializer.Serialize(json(), OneLine) : text);
        lock (gate)
        {
            if (Terminal is not null && runningBars > 0)
            {
                Terminal.WriteLine(line);
            }
            else
            {
                Error.WriteLine(line);
            }
        }
    }

    private sealed class BarsShown : IDisposable
    {
        private readonly ToolConsole console;

        public BarsShown(ToolConsole console)
        {
            this.console = console;
            Interlocked.Increment(ref console.runningBars);
        }

        public void Dispose() => Interlocked.Decrement(ref console.runningBars);
    }
}
