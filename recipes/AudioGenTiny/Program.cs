// Trains audiogen-tiny, step by step. Without arguments it lists the commands; train.sh runs all of them.
using AudioCraft;
using AudioGenTiny.Recipe;

var commands = new List<Command>
{
    SoundsCommand.Command,
    TokenizerCommand.Command,
    CodecCommand.Command,
    CodesCommand.Command,
    LanguageModelCommand.Command,
    EvaluateCommand.Command,
};

if (commands.Find(command => args.Length > 0 && command.Name == args[0]) is not { } chosen)
{
    Console.WriteLine("AudioGenTiny.Recipe <command> [options]\n");
    foreach (var command in commands)
    {
        Console.WriteLine($"{command.Usage}\n");
    }

    return args is [] or ["--help"] ? 0 : 2;
}

using var cancellation = new CancellationTokenSource();
Console.CancelKeyPress += (_, press) =>
{
    // The first Ctrl-C saves and stops, the second stops immediately.
    press.Cancel = !cancellation.IsCancellationRequested;
    cancellation.Cancel();
};

try
{
    var options = new Options(args[1..]);
    chosen.Run(options, cancellation.Token);
    return 0;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("Stopped. The same command resumes.");
    return 130;
}
catch (FormatException error)
{
    Console.Error.WriteLine($"{error.Message}\n\n{chosen.Usage}");
    return 2;
}
catch (Exception error) when (error is AudioCraftException or ArgumentException or IOException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
