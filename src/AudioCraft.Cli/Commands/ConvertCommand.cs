using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using AudioCraft.Checkpoints;
using AudioCraft.Cli.Display;
using AudioCraft.Cli.Options;
using AudioCraft.Cli.Output;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Cli.Commands;

/// <summary>Converts a checkpoint to one directory of safetensors.</summary>
internal static class ConvertCommand
{
    public static Command Create(ToolConsole console)
    {
        var source = new Argument<string>("source") { Description = "Directory of a checkpoint, or a Hub id such as facebook/audiogen-medium" };
        var destination = new Argument<string>("destination") { Description = "The directory to create" };
        var precision = new Option<string?>("--precision") { Description = "Element type of the language model and the text encoder [unchanged]" };
        precision.AcceptOnlyFromAmong("float32", "float16", "bfloat16");
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace an existing directory" };
        var textEncoder = new Option<string?>("--text-encoder") { Description = "Directory or Hub id of the T5 encoder, to replace the checkpoint's" };
        var command = new Command("convert", "Converts a checkpoint to one self-contained directory of safetensors and config.json, which is loaded memory-mapped")
        {
            source, destination, precision, overwrite, textEncoder,
        };
        var hub = new HubOptions(command);
        command.SetAction(async (line, cancellationToken) =>
        {
            var (from, to) = (line.GetRequiredValue(source), line.GetRequiredValue(destination));
            var options = new ConversionOptions
            {
                DType = line.GetValue(precision) is { } name ? Enum.Parse<ScalarType>(name, ignoreCase: true) : null,
                Overwrite = line.GetValue(overwrite),
                Source = hub.Read(line, console) with { TextEncoder = line.GetValue(textEncoder) },
            };
            if (!options.Overwrite && Directory.Exists(to) && Directory.EnumerateFileSystemEntries(to).Any())
            {
                throw new AudioCraftException($"'{to}' exists and is not empty: --overwrite replaces it.");
            }

            WritableFile.Check(Path.TrimEndingDirectorySeparator(to) + ".partial");
            var watch = Stopwatch.StartNew();
            await ProgressBars.RunAsync(console, async bars =>
            {
                await CheckpointConverter.ConvertAsync(from, to, options, bars.Conversion(), bars.Downloads(), cancellationToken).ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
            var files = Directory.GetFiles(to, "*", SearchOption.AllDirectories).Select(file => new ConvertedFile(Path.GetRelativePath(to, file), new FileInfo(file).Length));
            console.Result(new ConvertResult(to, [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)], Math.Round(watch.Elapsed.TotalSeconds, 3)), ConvertResult.Lines);
            return ExitCode.Success;
        });
        return command;
    }
}

/// <summary>The result of the conversion.</summary>
internal sealed record ConvertResult(string Path, IReadOnlyList<ConvertedFile> Files, double ElapsedSeconds)
{
    public static IEnumerable<string> Lines(ConvertResult result) =>
    [
        .. result.Files.Select(file => string.Create(CultureInfo.InvariantCulture, $"{System.IO.Path.Combine(result.Path, file.Path)}  {file.Bytes:N0} bytes")),
        string.Create(CultureInfo.InvariantCulture, $"{result.Path}  {result.Files.Sum(file => file.Bytes):N0} bytes in {result.ElapsedSeconds:0.0} s"),
    ];
}

/// <summary>A converted file.</summary>
internal sealed record ConvertedFile(string Path, long Bytes);
