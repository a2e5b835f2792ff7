using System.CommandLine;
using System.Globalization;
using AudioCraft.Cli.Options;
using AudioCraft.NAudio;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Cli.Commands;

/// <summary>A sound, and how it goes on.</summary>
internal static class ContinueCommand
{
    public static Command Create(Shell shell, Option<bool> json)
    {
        var file = new Argument<string>("sound") { Description = "The sound to go on from, of any format, rate and channel count" };
        var command = new Command("continue", "Goes on from a sound: one continuation for each prompt, or one without. --duration counts the start") { file };
        var prompts = new PromptOptions(command);
        var making = new Making(command);
        command.SetAction(async (line, ct) =>
        {
            var path = line.GetRequiredValue(file);
            var texts = prompts.Read(line, shell.In);
            var stem = Path.GetFileNameWithoutExtension(path);
            IReadOnlyList<string> titles = texts.Count == 0 ? [$"{stem} continued"] : [.. texts.Select(text => $"{stem} {text}")];
            var (read, rate) = NAudioFile.Read(path);
            using var start = new Beginning(read, rate);
            return await making.RunAsync(
                shell, line, line.GetValue(json), texts.Count == 0 ? [""] : texts, titles, model => start.Fit(model, shell, path), start.GoOn, ct).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>The sound that is gone on from.</summary>
    private sealed class Beginning(Tensor wav, int rate) : IDisposable
    {
        private Tensor wav = wav;

        private double Seconds => (double)wav.size(-1) / rate;

        /// <summary>Keeps of the sound what the model can hear at once and still go on.</summary>
        /// <returns>Its seconds.</returns>
        public double Fit(BaseGenModel model, Shell shell, string path)
        {
            if (Seconds >= model.MaxDuration)
            {
                var kept = model.MaxDuration / 2;
                shell.Note(string.Create(CultureInfo.InvariantCulture, $"{path} lasts {Seconds:0.##} s, and the model hears {model.MaxDuration:0.##} s at once: going on from the last {kept:0.##} s."));
                using var whole = wav;
                var samples = (long)(kept * rate);
                wav = whole.narrow(-1, whole.size(-1) - samples, samples).clone();
            }

            return Seconds;
        }

        public Task<Tensor> GoOn(BaseGenModel model, IReadOnlyList<string> prompts, GenerationParams parameters, IProgress<GenerationProgress> progress, CancellationToken ct)
        {
            using var one = wav.unsqueeze(0);
            using var all = one.expand(prompts.Count, -1, -1);
            return model.GenerateContinuationAsync(all, rate, [.. prompts.Select(prompt => prompt.Length == 0 ? null : prompt)], parameters, progress, ct);
        }

        public void Dispose() => wav.Dispose();
    }
}
