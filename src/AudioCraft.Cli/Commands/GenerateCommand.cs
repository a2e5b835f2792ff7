using System.CommandLine;
using AudioCraft.Cli.Display;
using AudioCraft.Cli.Generation;
using AudioCraft.Cli.Options;

namespace AudioCraft.Cli.Commands;

/// <summary>Generates audio from text.</summary>
internal static class GenerateCommand
{
    public static Command Create(ToolConsole console)
    {
        var command = new Command("generate", "Generates one audio file per prompt");
        var prompts = new PromptOptions(command);
        var generator = new BatchGenerator(command);
        command.SetAction((line, cancellationToken) =>
        {
            var texts = prompts.Read(line, console.In);
            return texts.Count > 0
                ? generator.RunAsync(console, line, texts, texts, generator.Prepare(line, console, texts), _ => 0, (model, group, parameters, progress, token) => model.GenerateAsync(group, parameters, progress, token), cancellationToken)
                : throw new UsageException("There is no prompt: give one, as in audiocraft generate \"rain on a tin roof\", or a --file of prompts.");
        });
        return command;
    }
}
