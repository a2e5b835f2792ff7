using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using AudioCraft.Cli.Commands;

namespace AudioCraft.Cli;

/// <summary>The command line as a whole, and what becomes of errors.</summary>
internal static partial class Application
{
    /// <summary>Set to 1 in the environment, errors come with where they are from.</summary>
    private const string TraceVariable = "AUDIOCRAFT_TRACE";

    /// <summary>Runs one command.</summary>
    /// <param name="args">The words after the tool's name.</param>
    /// <param name="shell">Where it reads and speaks.</param>
    /// <param name="ct">Ends it between steps.</param>
    /// <returns>The exit code, one of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, Shell shell, CancellationToken ct)
    {
        // A prompt may begin with @, which would otherwise name a file of further arguments.
        var line = Root(shell).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (Misuse(line) is { } misuse)
        {
            var help = line.CommandResult.Command is RootCommand ? "audiocraft --help" : $"audiocraft {line.CommandResult.Command.Name} --help";
            shell.Error.WriteLine($"audiocraft: {misuse} `{help}` lists what there is.");
            return ExitCode.Misuse;
        }

        try
        {
            // Signals and errors are this class's matter.
            var invocation = new InvocationConfiguration { Output = shell.Out, Error = shell.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await line.InvokeAsync(invocation, ct).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            var (code, message) = Explain(error, ct);
            shell.Error.WriteLine($"audiocraft: {message}");
            if (Environment.GetEnvironmentVariable(TraceVariable) == "1")
            {
                shell.Error.WriteLine(error);
            }

            return code;
        }
    }

    private static RootCommand Root(Shell shell)
    {
        var json = new Option<bool>("--json") { Description = "The result as one JSON document on stdout", Recursive = true };
        var root = new RootCommand(
            $"""
            Text to sound, and sound to codes and back.

            Exit codes: {ExitCode.Success} done, {ExitCode.Failure} failed, {ExitCode.Misuse} the command line is wrong, {ExitCode.Cancelled} cancelled (Ctrl-C).
            Results go to stdout, progress and errors to stderr. {TraceVariable}=1 shows where an error is from.
            """);
        root.Add(json);
        foreach (var command in new Command[]
        {
            GenerateCommand.Create(shell, json),
            ContinueCommand.Create(shell, json),
            EncodeCommand.Create(shell, json),
            DecodeCommand.Create(shell, json),
            ConvertCommand.Create(shell, json),
            InspectCommand.Create(shell, json),
            DownloadCommand.Create(shell, json),
            DevicesCommand.Create(shell, json),
            BenchCommand.Create(shell, json),
        })
        {
            root.Add(command);
        }

        return root;
    }

    private static (int Code, string Message) Explain(Exception error, CancellationToken ct) => error switch
    {
        OperationCanceledException when ct.IsCancellationRequested => (ExitCode.Cancelled, "Cancelled. What was finished before is there; nothing is there in part."),
        UsageException => (ExitCode.Misuse, FirstLine(error.Message)),
        AudioCraftException => (ExitCode.Failure, FirstLine(error.Message)),
        _ when LibtorchError.Explain(error) is { } libtorch => (ExitCode.Failure, libtorch),
        ArgumentException argument => (ExitCode.Misuse, WithoutParameter(argument)),
        IOException or UnauthorizedAccessException or NotSupportedException => (ExitCode.Failure, FirstLine(error.Message)),
        _ => (ExitCode.Failure, $"{error.GetType().Name}: {FirstLine(error.Message)}"),
    };

    /// <summary>What is wrong with the command line, in one line; null where nothing is.</summary>
    private static string? Misuse(ParseResult line)
    {
        // Prompts may be any words, so the library takes an option that there is not for one.
        var options = line.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash).Where(token => token.Type == TokenType.Argument);
        if (line.CommandResult.Command is not RootCommand && options.FirstOrDefault(token => UnknownOption().IsMatch(token.Value)) is { } unknown)
        {
            return $"{unknown.Value} is no option of it; -- goes before words that begin with a hyphen.";
        }

        // That a command lacks says less than the word that is none.
        var error = line.Errors.FirstOrDefault(error => error.Message.Contains('\'', StringComparison.Ordinal)) ?? (line.Errors is [var first, ..] ? first : null);
        return error is null ? null : InPlainWords(string.Join(' ', error.Message.Split(['\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
    }

    [GeneratedRegex("^-(-|[A-Za-z])")]
    private static partial Regex UnknownOption();

    // The library names .NET's types.
    private static string InPlainWords(string message) => UnreadableValue().Replace(
        message, match => $"{match.Groups["option"].Value} takes {(match.Groups["type"].Value.Contains("Int", StringComparison.Ordinal) ? "a whole number" : "a number")}, not '{match.Groups["value"].Value}'.");

    [GeneratedRegex("^Cannot parse argument '(?<value>.*)' for option '(?<option>[^']*)' as expected type '(?<type>[^']*)'\\.$")]
    private static partial Regex UnreadableValue();

    // .NET appends the parameter's name and value, which say nothing to somebody who typed an option.
    private static string WithoutParameter(ArgumentException error)
    {
        var text = FirstLine(error.Message);
        var suffix = $" (Parameter '{error.ParamName}')";
        return text.EndsWith(suffix, StringComparison.Ordinal) ? text[..^suffix.Length] : text;
    }

    private static string FirstLine(string text) => text.AsSpan().IndexOfAny('\r', '\n') is var end and >= 0 ? text[..end] : text;
}
