using System.CommandLine;
using AudioCraft.Cli.Options;

namespace AudioCraft.Cli.Commands;

/// <summary>Generates audio from text.</summary>
internal static class GenerateCommand
{
    public static Command Create(Shell shell, Option<bool> json)
    {
        var command = new Command("generate", "Generates one audio file per prompt");
        var prompts = new PromptOptions(command);
        var generator = new BatchGenerator(command);
        command.SetAction((line, cancellationToken) =>
        {
            var texts = prompts.Read(line, shell.In);
            return texts.Count > 0
                ? generator.RunAsync(shell, line, line.GetValue(json), texts, texts, _ => 0, (model, group, parameters, progress, token) => model.GenerateAsync(group, parameters, progress, token), cancellationToken)
                : throw new UsageException("There is no prompt: give one, as in audiocraft generate \"rain on a tin roof\", or a --file of prompts.");
        });
        return command;
    }
}
