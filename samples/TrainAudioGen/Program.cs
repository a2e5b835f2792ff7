// Makes the bundled model, step by step, and fine-tunes models. Without arguments it lists the commands.
using AudioCraft;
using TrainAudioGen;

var commands = new List<Command>
{
    TokenizerCommand.Command,
    CodecCommand.Command,
    CodesCommand.Command,
    LanguageModelCommand.Command,
    FineTuneCommand.Command,
    EvaluateCommand.Command,
};

if (commands.Find(command => args.Length > 0 && command.Name == args[0]) is not { } chosen)
{
    Console.WriteLine("TrainAudioGen <command> [options]\n");
    foreach (var command in commands)
    {
        Console.WriteLine($"{command.Usage}\n");
    }

    return args is [] or ["--help"] ? 0 : 2;
}

using var cancellation = new CancellationTokenSource();
Console.CancelKeyPress += (_, press) =>
{
    // The first Ctrl-C saves and ends, the second ends at once.
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
    Console.Error.WriteLine("Stopped. The same command goes on from here.");
    return 130;
}
catch (FormatException error)
{
    Console.Error.WriteLine($"{error.Message}\n\n{chosen.Usage}");
    return 2;
}
catch (Exception error) when (error is AudioCraftException or ArgumentException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
