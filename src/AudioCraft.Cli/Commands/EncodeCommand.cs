using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using AudioCraft.Cli.Coding;
using AudioCraft.Cli.Display;
using AudioCraft.Cli.Options;
using AudioCraft.Cli.Output;
using AudioCraft.NAudio;
using TorchSharp;

namespace AudioCraft.Cli.Commands;

/// <summary>Encodes audio.</summary>
internal sealed class EncodeCommand
{
    private const string Dac = "dac_44khz";

    private readonly Command command = new("encode", "Encodes audio to .ecdc (EnCodec), .dac (DAC) or .safetensors (codes)");
    private readonly Argument<string> input = new("audio") { Description = "An audio file" };
    private readonly Option<string?> output = new("--output", "-o") { Description = "The file to write [the input's name with another extension]" };
    private readonly Option<double?> bitrate = NumberOption.Decimal(["--bitrate", "-b"], "kb/s", "Bitrate in kb/s [all codebooks]", 0, 1e6, above: true);
    private readonly Option<int?> codebooks = NumberOption.Whole(["--codebooks", "-k"], "number", "Number of codebooks, instead of a bitrate", 1, 1024);
    private readonly Option<string?> languageModel = new("--language-model") { Description = "File of the codec's language model, for smaller .ecdc files" };
    private readonly ModelOptions model;
    private readonly ToolConsole console;

    private EncodeCommand(ToolConsole console)
    {
        this.console = console;
        foreach (var symbol in new Option[] { output, bitrate, codebooks, languageModel })
        {
            command.Add(symbol);
        }

        command.Add(input);
        model = new ModelOptions(command, $"The codec ({ModelOptions.Bundled}; for .dac {Dac})", standard: null, isGenerative: false);
    }

    public static Command Create(ToolConsole console)
    {
        var encode = new EncodeCommand(console);
        encode.command.SetAction((line, cancellationToken) => encode.RunAsync(line, cancellationToken));
        return encode.command;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var (path, asked) = (line.GetRequiredValue(input), line.GetValue(output));
        if (line.GetValue(bitrate) is not null && line.GetValue(codebooks) is not null)
        {
            throw new UsageException("--bitrate and --codebooks cannot be used together: give one.");
        }

        if (asked == OutputPaths.StandardOutput)
        {
            throw new UsageException("encode writes to a file: --output - is for generate, continue and decode.");
        }

        InputFile.Check(path);
        WritableFile.Check(asked ?? Path.ChangeExtension(path, CodecFiles.Ecdc));
        var result = await ProgressBars.RunAsync(console, async bars =>
        {
            var name = model.Name(line) ?? (Path.GetExtension(asked) == CodecFiles.Dac ? Dac : ModelOptions.Bundled);
            using var codec = await CompressionModel.GetPretrainedAsync(name, model.Read(line, console), bars.Downloads(), cancellationToken).ConfigureAwait(false);
            var target = asked ?? Unused(Path.ChangeExtension(path, CodecFiles.EndingOf(codec)));
            CodecFiles.CheckEnding(target, codec);
            var count = line.GetValue(codebooks) ?? (line.GetValue(bitrate) is { } kilobits ? Bitrates.CodebooksFor(kilobits, codec, console) : codec.TotalCodebooks);
            using var lm = LanguageModel(line.GetValue(languageModel), codec);
            var (wav, rate) = NAudioFile.Read(path, CodecFiles.ReadOptions(codec, target, console.Logger));
            using (wav)
            {
                var watch = Stopwatch.StartNew();
                var share = bars.Share("Encoding");
                await Task.Run(() => CodecFiles.Write(codec, count, wav, rate, target, lm, share, cancellationToken), cancellationToken).ConfigureAwait(false);
                return new EncodeResult(target, name, count, (double)wav.size(-1) / rate, new FileInfo(target).Length, Math.Round(watch.Elapsed.TotalSeconds, 3));
            }
        }).ConfigureAwait(false);
        console.Result(result, EncodeResult.Lines);
        return ExitCode.Success;
    }

    /// <summary>Loads the language model of a codec; null without a path.</summary>
    public static EncodecLanguageModel? LanguageModel(string? path, CompressionModel codec) => (path, codec) switch
    {
        (null, _) => null,
        (_, EncodecModel encodec) => EncodecLanguageModel.GetPretrained(path, encodec),
        _ => throw new UsageException("--language-model is for EnCodec's .ecdc files."),
    };

    // A default output file is never overwritten.
    private static string Unused(string path) => File.Exists(path) ? throw new UsageException($"'{path}' already exists: set another file with --output.") : path;
}

/// <summary>The result of encoding.</summary>
internal sealed record EncodeResult(string Path, string Model, int Codebooks, double Seconds, long Bytes, double ElapsedSeconds)
{
    public double KilobitsPerSecond => Math.Round(8 * Bytes / Seconds / 1000, 3);

    public static IEnumerable<string> Lines(EncodeResult r) =>
        [string.Create(CultureInfo.InvariantCulture, $"{r.Path}  {r.Seconds:0.00} s in {r.Bytes} bytes ({r.KilobitsPerSecond:0.00} kb/s), {Plural.Of(r.Codebooks, "codebook")} of {r.Model}, in {r.ElapsedSeconds:0.0} s")];
}
