using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using AudioCraft.Cli.Display;
using AudioCraft.Cli.Options;

namespace AudioCraft.Cli.Commands;

/// <summary>Downloads a model to the cache.</summary>
internal static class DownloadCommand
{
    public static Command Create(ToolConsole console)
    {
        var name = new Argument<string>("name") { Description = "A Hub id such as facebook/audiogen-medium; the models that it refers to are downloaded too" };
        var textEncoder = new Option<string?>("--text-encoder") { Description = "Directory or Hub id of the T5 encoder, to replace the checkpoint's" };
        var command = new Command("download", "Downloads a model to the cache of Python's huggingface_hub; interrupted downloads resume") { name, textEncoder };
        var hub = new HubOptions(command);
        command.SetAction(async (line, cancellationToken) =>
        {
            var asked = line.GetRequiredValue(name);
            var watch = Stopwatch.StartNew();
            var path = await ProgressBars.RunAsync(
                console, bars => ModelHub.DownloadAsync(asked, hub.Read(line, console) with { TextEncoder = line.GetValue(textEncoder) }, bars.Downloads(), cancellationToken)).ConfigureAwait(false);
            console.Result(new DownloadResult(asked, path, Math.Round(watch.Elapsed.TotalSeconds, 3)), DownloadResult.Lines);
            return ExitCode.Success;
        });
        return command;
    }
}

/// <summary>The result of the download.</summary>
internal sealed record DownloadResult(string Name, string Path, double ElapsedSeconds)
{
    public static IEnumerable<string> Lines(DownloadResult result) => [string.Create(CultureInfo.InvariantCulture, $"{result.Path}  ({result.Name}, {result.ElapsedSeconds:0.0} s)")];
}
