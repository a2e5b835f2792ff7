using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace AudioCraft.Cli;

/// <summary>
/// Input and output of the tool: results go to stdout, everything else to stderr, progress only to a terminal.
/// </summary>
/// <param name="In">The source of prompts for <c>--file -</c>.</param>
/// <param name="Out">Results: text or one JSON document.</param>
/// <param name="Error">Errors and notes, one line each.</param>
/// <param name="Watched">A console for progress on stderr; null if stderr is not a terminal.</param>
internal sealed record Shell(TextReader In, TextWriter Out, TextWriter Error, IAnsiConsole? Watched)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>The streams of the process.</summary>
    public static Shell OfProcess() => new(
        Console.In, Console.Out, Console.Error,
        Console.IsErrorRedirected ? null : AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }));

    /// <summary>Prints the result as JSON or as lines.</summary>
    public void Result<T>(bool json, T value, Func<T, IEnumerable<string>> lines)
    {
        if (json)
        {
            Out.WriteLine(JsonSerializer.Serialize(value, Json));
            return;
        }

        foreach (var line in lines(value))
        {
            Out.WriteLine(line);
        }
    }

    /// <summary>Prints a note to stderr.</summary>
    public void Note(string text) => Error.WriteLine(text);
}
