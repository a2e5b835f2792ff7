using System.CommandLine;
using AudioCraft.Cli.Coding;
using AudioCraft.Cli.Display;
using AudioCraft.Cli.Generation;
using AudioCraft.Cli.Options;
using AudioCraft.NAudio;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Cli.Commands;

/// <summary>Continues a recording.</summary>
internal static class ContinueCommand
{
    public static Command Create(ToolConsole console)
    {
        var file = new Argument<string>("audio") { Description = "The audio file to continue" };
        var command = new Command("continue", "Continues a recording: one file per prompt, or one without a prompt. Each file begins with the whole recording, which --duration includes") { file };
        var prompts = new PromptOptions(command);
        var generator = new BatchGenerator(command);
        command.SetAction(async (line, cancellationToken) =>
        {
            var path = line.GetRequiredValue(file);
            var texts = prompts.Read(line, console.In);
            InputFile.Check(path);
            var stem = Path.GetFileNameWithoutExtension(path);
            IReadOnlyList<string> titles = texts.Count == 0 ? [$"{stem} continued"] : [.. texts.Select(text => $"{stem} {text}")];
            var destination = generator.Prepare(line, console, titles);
            var (recording, rate) = NAudioFile.Read(path);
            using (recording)
            {
                return await generator.RunAsync(
                    console, line, texts.Count == 0 ? [""] : texts, titles, destination, (double)recording.size(-1) / rate,
                    (model, prompts, parameters, progress, token) => ContinueAsync(model, recording, rate, prompts, parameters, progress, token), cancellationToken).ConfigureAwait(false);
            }
        });
        return command;
    }

    private static async Task<Tensor> ContinueAsync(
        BaseGenModel model, Tensor recording, int rate, IReadOnlyList<string> prompts, GenerationParams parameters, IProgress<GenerationProgress> progress, CancellationToken cancellationToken)
    {
        using var one = recording.unsqueeze(0);
        using var all = one.expand(prompts.Count, -1, -1);
        return await model.ContinueRecordingAsync(all, rate, [.. prompts.Select(prompt => prompt.Length == 0 ? null : prompt)], parameters, progress, cancellationToken).ConfigureAwait(false);
    }
}
