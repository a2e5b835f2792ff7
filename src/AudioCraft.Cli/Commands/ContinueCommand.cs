using System.CommandLine;
using System.Globalization;
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
                shell, line, line.GetValue(json), texts.Count == 0 ? [""] : texts, titles, model => start.Fit(model, shell, path), start.ContinueAsync, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>The recording to continue.</summary>
    private sealed class Recording(Tensor wav, int rate) : IDisposable
    {
        private Tensor wav = wav;

        private double Seconds => (double)wav.size(-1) / rate;

        /// <summary>Shortens the recording to its end if it does not fit into the model's window.</summary>
        /// <returns>The length in seconds.</returns>
        public double Fit(BaseGenModel model, Shell shell, string path)
        {
            if (Seconds >= model.MaxDuration)
            {
                var kept = model.MaxDuration / 2;
                shell.Note(string.Create(CultureInfo.InvariantCulture, $"{path} has {Seconds:0.##} s, longer than the model's window of {model.MaxDuration:0.##} s: continuing from its last {kept:0.##} s."));
                using var whole = wav;
                var samples = (long)(kept * rate);
                wav = whole.narrow(-1, whole.size(-1) - samples, samples).clone();
            }

            return Seconds;
        }

        public Task<Tensor> ContinueAsync(BaseGenModel model, IReadOnlyList<string> prompts, GenerationParams parameters, IProgress<GenerationProgress> progress, CancellationToken cancellationToken)
        {
            using var one = wav.unsqueeze(0);
            using var all = one.expand(prompts.Count, -1, -1);
            return model.GenerateContinuationAsync(all, rate, [.. prompts.Select(prompt => prompt.Length == 0 ? null : prompt)], parameters, progress, cancellationToken);
        }

        public void Dispose() => wav.Dispose();
    }
}
