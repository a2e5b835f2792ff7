using System.CommandLine;
using AudioCraft.Cli.Options;
using AudioCraft.NAudio;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Cli.Commands;

/// <summary>Continues a recording.</summary>
internal static class ContinueCommand
{
    public static Command Create(Shell shell, Option<bool> json)
    {
        var file = new Argument<string>("audio") { Description = "The audio file to continue" };
        var command = new Command("continue", "Continues a recording: one file per prompt, or one without a prompt. --duration includes the recording") { file };
        var prompts = new PromptOptions(command);
        var generator = new BatchGenerator(command);
        command.SetAction(async (line, cancellationToken) =>
        {
            var path = line.GetRequiredValue(file);
            var texts = prompts.Read(line, shell.In);
            var stem = Path.GetFileNameWithoutExtension(path);
            IReadOnlyList<string> titles = texts.Count == 0 ? [$"{stem} continued"] : [.. texts.Select(text => $"{stem} {text}")];
            var (read, rate) = NAudioFile.Read(path);
            using var start = new Recording(read, rate);
            return await generator.RunAsync(
                shell, line, line.GetValue(json), texts.Count == 0 ? [""] : texts, titles, _ => start.Seconds, start.ContinueAsync, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>The recording to continue.</summary>
    private sealed class Recording(Tensor wav, int rate) : IDisposable
    {
        public double Seconds => (double)wav.size(-1) / rate;

        public Task<Tensor> ContinueAsync(BaseGenModel model, IReadOnlyList<string> prompts, GenerationParams parameters, IProgress<GenerationProgress> progress, CancellationToken cancellationToken)
        {
            using var one = wav.unsqueeze(0);
            using var all = one.expand(prompts.Count, -1, -1);
            var added = parameters with { Duration = parameters.Duration - Seconds };
            return model.ContinueRecordingAsync(all, rate, [.. prompts.Select(prompt => prompt.Length == 0 ? null : prompt)], added, progress, cancellationToken);
        }

        public void Dispose() => wav.Dispose();
    }
}
