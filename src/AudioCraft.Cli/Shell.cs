using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace AudioCraft.Cli;

/// <summary>
/// Where the tool reads and speaks: results on one writer (stdout), everything else on the other (stderr), progress only where somebody watches it.
/// </summary>
/// <param name="In">Prompts, where <c>-</c> asks for them.</param>
/// <param name="Out">Results: text for people, or one JSON document.</param>
/// <param name="Error">Errors and notes, a line each.</param>
/// <param name="Watched">A console for progress on stderr; null where that is no terminal.</param>
internal sealed record Shell(TextReader In, TextWriter Out, TextWriter Error, IAnsiConsole? Watched)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>The process's own.</summary>
    public static Shell OfProcess() => new(
        Console.In, Console.Out, Console.Error,
        Console.IsErrorRedirected ? null : AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }));

    /// <summary>The result: as JSON, or as lines.</summary>
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

    /// <summary>Something worth knowing that is neither the result nor an error.</summary>
    public void Note(string text) => Error.WriteLine(text);
}
