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
        var generator = new BatchGenerator(command, continues: true);
        command.SetAction(async (line, cancellationToken) =>
        {
            var path = line.GetRequiredValue(file);
            var texts = prompts.Read(line, console.In);
            InputFile.Check(path);
            var stem = Path.GetFileNameWithoutExtension(path);
            IReadOnlyList<string> titles = texts.Count == 0 ? [$"{stem} continued"] : [.. texts.Select(text => $"{stem} {text}")];
            var destination = generator.Prepare(line, console, titles);
            using var recording = new Recording(path, console);
            return await generator.RunAsync(console, line, texts.Count == 0 ? [""] : texts, titles, destination, recording.Read, recording.ContinueAsync, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>The recording to continue.</summary>
    private sealed class Recording(string path, ToolConsole console) : IDisposable
    {
        private Tensor? audio;
        private int rate;

        /// <summary>Reads the file with the sample rate and channels of the model, so that memory is limited to what is used.</summary>
        /// <returns>The length in seconds.</returns>
        public double Read(BaseGenModel model)
        {
            (audio, rate) = NAudioFile.Read(path, new AudioReadOptions { SampleRate = model.SampleRate, Channels = model.AudioChannels, Logger = console.Logger });
            return (double)audio.size(-1) / rate;
        }

        public async Task<Tensor> ContinueAsync(BaseGenModel model, IReadOnlyList<string> prompts, GenerationParams parameters, IProgress<GenerationProgress> progress, CancellationToken cancellationToken)
        {
            using var one = audio!.unsqueeze(0);
            using var all = one.expand(prompts.Count, -1, -1);
            return await model.ContinueRecordingAsync(all, rate, [.. prompts.Select(prompt => prompt.Length == 0 ? null : prompt)], parameters, progress, cancellationToken).ConfigureAwait(false);
        }

        public void Dispose() => audio?.Dispose();
    }
}
