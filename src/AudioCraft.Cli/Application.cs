using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using AudioCraft.Cli.Commands;
using AudioCraft.Cli.Devices;
using AudioCraft.Cli.Display;

namespace AudioCraft.Cli;

/// <summary>Parses the command line, runs the command and reports errors.</summary>
internal static partial class Application
{
    /// <summary>The environment variable that enables stack traces.</summary>
    private const string TraceVariable = "AUDIOCRAFT_TRACE";

    /// <summary>The time in which a canceled command that is not blocked uses processor time.</summary>
    private static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(1);

    /// <summary>Runs one command.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="console">The input and output.</param>
    /// <param name="cancellationToken">Checked between decoding steps; also ends a command that is blocked.</param>
    /// <returns>The exit code, one of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, ToolConsole console, CancellationToken cancellationToken)
    {
        var json = new Option<bool>("--json") { Description = "Print the result and errors as JSON", Recursive = true };
        // A prompt may begin with @, which would otherwise name a response file.
        var line = Root(console, json).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        console.Json = line.GetResult(json) is { } given && given.Errors.Any() is false && line.GetValue(json);
        if (Misuse(line) is { } misuse)
        {
            var help = line.CommandResult.Command is RootCommand ? "audiocraft --help" : $"audiocraft {line.CommandResult.Command.Name} --help";
            console.Fail(ExitCode.Misuse, $"{misuse} See `{help}`.");
            return ExitCode.Misuse;
        }

        try
        {
            // Signals and errors are handled by this class.
            var invocation = new InvocationConfiguration { Output = console.Out, Error = console.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            var command = Task.Run(() => line.InvokeAsync(invocation, cancellationToken), CancellationToken.None);
            return await EndAsync(command, console, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            var (code, message) = Explain(error, cancellationToken);
            console.Fail(code, message);
            if (Environment.GetEnvironmentVariable(TraceVariable) == "1")
            {
                foreach (var text in error.ToString().ReplaceLineEndings("\n").Split('\n'))
                {
                    console.Note(text);
                }
            }

            return code;
        }
    }

    /// <summary>
    /// Waits for the end of a command. A canceled command that computes ends by itself after the current step. One that is blocked, such as in a read from a pipe,
    /// uses no processor time and may never end; it is abandoned.
    /// </summary>
    /// <exception cref="OperationCanceledException">The command was canceled.</exception>
    private static async Task<int> EndAsync(Task<int> command, ToolConsole console, CancellationToken cancellationToken)
    {
        await Task.WhenAny(command, Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken)).ConfigureAwait(false);
        while (!command.IsCompleted)
        {
            var before = Environment.CpuUsage.TotalTime;
            await Task.WhenAny(command, Task.Delay(GracePeriod, CancellationToken.None)).ConfigureAwait(false);
            if (!command.IsCompleted && Environment.CpuUsage.TotalTime - before < GracePeriod / 10)
            {
                // The progress bars, which hide the cursor, are not removed.
                console.Terminal?.Cursor.Show(true);
                throw new OperationCanceledException(cancellationToken);
            }
        }

        return await command.ConfigureAwait(false);
    }

    private static RootCommand Root(ToolConsole console, Option<bool> json)
    {
        var root = new RootCommand(
            $"""
            Generates audio from text, and encodes and decodes audio.

            Exit codes: {ExitCode.Success} success, {ExitCode.Failure} failure, {ExitCode.Misuse} invalid command line, {ExitCode.Canceled} canceled (Ctrl-C).
            Results go to stdout, progress and errors to stderr. {TraceVariable}=1 adds stack traces to errors.
            """);
        root.Add(json);
        foreach (var command in new Command[]
        {
            GenerateCommand.Create(console),
            ContinueCommand.Create(console),
            EncodeCommand.Create(console),
            DecodeCommand.Create(console),
            ConvertCommand.Create(console),
            ModelsCommand.Create(console),
            InspectCommand.Create(console),
            DownloadCommand.Create(console),
            DevicesCommand.Create(console),
            BenchCommand.Create(console),
        })
        {
            root.Add(command);
        }

        return root;
    }

    private static (int Code, string Message) Explain(Exception error, CancellationToken cancellationToken) => error switch
    {
        OperationCanceledException when cancellationToken.IsCancellationRequested => (ExitCode.Canceled, "Canceled. Completed files are kept; incomplete ones have been removed."),
        UsageException => (ExitCode.Misuse, FirstLine(error.Message)),
        AudioCraftException => (ExitCode.Failure, FirstLine(error.Message)),
        _ when LibtorchError.Explain(error) is { } libtorch => (ExitCode.Failure, libtorch),
        ArgumentException argument => (ExitCode.Misuse, WithoutParameter(argument)),
        IOException or UnauthorizedAccessException or NotSupportedException => (ExitCode.Failure, FirstLine(error.Message)),
        _ => (ExitCode.Failure, $"{error.GetType().Name}: {FirstLine(error.Message)}"),
    };

    /// <summary>The error of the command line in one line, or null.</summary>
    private static string? Misuse(ParseResult line)
    {
        // Prompts can be any words, so the parser takes unknown options as prompts.
        var prompts = line.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens).ToHashSet(ReferenceEqualityComparer.Instance);
        var options = line.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash).Where(token => token.Type == TokenType.Argument && prompts.Contains(token));
        if (line.CommandResult.Command is not RootCommand && options.FirstOrDefault(token => UnknownOption().IsMatch(token.Value)) is { } unknown)
        {
            return $"{unknown.Value} is not an option of this command; put -- before prompts that begin with a hyphen.";
        }

        // An error that names a word is more helpful than a missing command.
        var error = line.Errors.FirstOrDefault(error => error.Message.Contains('\'', StringComparison.Ordinal)) ?? (line.Errors is [var first, ..] ? first : null);
        return error is null ? null : string.Join(' ', error.Message.Split(['\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    [GeneratedRegex("^-(-|[A-Za-z])")]
    private static partial Regex UnknownOption();

    [GeneratedRegex(@" \(Parameter '\w+'\)")]
    private static partial Regex ParameterName();

    // .NET appends the name of the parameter, which differs from the option's.
    private static string WithoutParameter(ArgumentException error)
    {
        var text = FirstLine(error.Message);
        return ParameterName().Replace(text, "");
    }

    private static string FirstLine(string text) => text.AsSpan().IndexOfAny('\r', '\n') is var end and >= 0 ? text[..end] : text;
}
