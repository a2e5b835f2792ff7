using System.CommandLine;
using AudioCraft.Cli.Options;

namespace AudioCraft.Cli.Commands;

/// <summary>Text to sound.</summary>
internal static class GenerateCommand
{
    public static Command Create(Shell shell, Option<bool> json)
    {
        var command = new Command("generate", "Makes a sound for each prompt");
        var prompts = new PromptOptions(command);
        var making = new Making(command);
        command.SetAction((line, ct) =>
        {
            var texts = prompts.Read(line, shell.In);
            return texts.Count > 0
                ? making.RunAsync(shell, line, line.GetValue(json), texts, texts, _ => 0, (model, group, parameters, progress, token) => model.GenerateAsync(group, parameters, progress, token), ct)
                : throw new UsageException("There is no prompt: say what to hear, as in audiocraft generate \"rain on a tin roof\", or name a --file of prompts.");
        });
        return command;
    }
}
