using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using AudioCraft.Cli.Coding;
using AudioCraft.Cli.Display;
using AudioCraft.Cli.Options;
using AudioCraft.Cli.Output;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Cli.Commands;

/// <summary>Decodes files of codes.</summary>
internal sealed class DecodeCommand
{
    private const string Dac = "dac_44khz";

    private readonly Command command = new("decode", "Decodes .ecdc, .dac or .safetensors files to audio");
    private readonly Argument<string> input = new("file") { Description = "A file written by audiocraft encode, encodec or dac" };
    private readonly Option<string?> languageModel = new("--language-model") { Description = "File of the codec's language model, if the .ecdc file was written with one" };
    private readonly OutputOptions output;
    private readonly ModelOptions model;
    private readonly ToolConsole console;

    private DecodeCommand(ToolConsole console)
    {
        this.console = console;
        command.Add(input);
        output = new OutputOptions(command, standardLevel: "none");
        command.Add(languageModel);
        model = new ModelOptions(command, $"The codec (as named in the file; for .dac {Dac})", standard: null, isGenerative: false);
    }

    public static Command Create(ToolConsole console)
    {
        var decode = new DecodeCommand(console);
        decode.command.SetAction((line, cancellationToken) => decode.RunAsync(line, cancellationToken));
        return decode.command;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var path = line.GetRequiredValue(input);
        InputFile.Check(path);
        var (paths, writer) = output.Prepare(line, console, [Path.GetFileNameWithoutExtension(path)]);
        if (paths.Files[0].IsDone)
        {
            console.Result(new DecodeResult(paths.Files[0].Path, null, null, null, null, null, null, Skipped: true), DecodeResult.Lines);
            return ExitCode.Success;
        }

        var result = await ProgressBars.RunAsync(console, async bars =>
        {
            var name = model.Name(line) ?? NameIn(path);
            using var codec = await CompressionModel.GetPretrainedAsync(name, model.Read(line, console), bars.Downloads(), cancellationToken).ConfigureAwait(false);
            AudioWriter.CheckFormats(paths, codec.SampleRate, codec.Channels);
            using var lm = EncodeCommand.LanguageModel(line.GetValue(languageModel), codec);
            var watch = Stopwatch.StartNew();
            var share = bars.Share("Decoding");
            var (wav, rate) = await Task.Run(() => Decode(path, codec, lm, share, cancellationToken), cancellationToken).ConfigureAwait(false);
            using (wav)
            {
                var written = paths.IsStandardOutput ? writer.WriteToStandardOutput(paths.Files[0], wav, rate) : writer.Write(paths.Files[0], wav, rate, Path.GetFileName(path));
                return new DecodeResult(written.Path, written.Picture, name, rate, (int)wav.size(0), (double)wav.size(-1) / rate, Math.Round(watch.Elapsed.TotalSeconds, 3), written.Skipped);
            }
        }).ConfigureAwait(false);
        console.Result(result, DecodeResult.Lines, onError: paths.IsStandardOutput);
        return ExitCode.Success;
    }

    /// <summary>The codec that a file names. Only bundled and upstream's codecs are accepted, so that a file cannot choose what is downloaded.</summary>
    private static string NameIn(string path)
    {
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case CodecFiles.Dac:
                return Dac;
            case CodecFiles.Ecdc:
                var header = EcdcFile.ReadHeader(path);
                return header.PretrainedName ?? Bundled(header.ModelName, path);
            case CodesFile.Ending:
                return Bundled(CodesFile.ReadHeader(path).Model, path);
            default:
                throw new UsageException($"'{path}' does not end in {CodecFiles.Ecdc}, {CodecFiles.Dac} or {CodesFile.Ending}.");
        }
    }

    private static string Bundled(string name, string path) => ModelHub.FindBundled(name) is not null
        ? name
        : throw new UsageException($"'{path}' was written with the codec '{name}': set its location with --model.");

    private static (Tensor Wav, int Rate) Decode(string path, CompressionModel codec, EncodecLanguageModel? lm, IProgress<double> progress, CancellationToken cancellationToken)
    {
        switch (codec, Path.GetExtension(path).ToLowerInvariant())
        {
            case (EncodecModel encodec, CodecFiles.Ecdc):
                // An explicit --model takes precedence over the name in the file.
                return EcdcFile.Decompress(encodec, path, new EcdcOptions { ModelName = EcdcFile.ReadHeader(path).ModelName, LanguageModel = lm }, progress, cancellationToken);
            case (DacModel dac, CodecFiles.Dac):
                var file = DacFile.Read(path);
                using (var outputs = new DacCompressor(dac).Decompress(file, progress, cancellationToken))
                {
                    return outputs.size(0) == 1 ? (outputs[0], file.SampleRate) : throw new AudioFormatException($"'{path}' contains {outputs.size(0)} items, but only files with one item are supported.");
                }

            case (_, CodesFile.Ending):
                cancellationToken.ThrowIfCancellationRequested();
                return (CodesFile.Decode(path, codec), codec.SampleRate);
            default:
                throw new UsageException($"'{path}' cannot be decoded by a {codec.GetType().Name}.");
        }
    }
}

/// <summary>The result of decoding.</summary>
internal sealed record DecodeResult(
    string Path, string? Picture, string? Model, int? SampleRate, int? Channels, double? Seconds, double? ElapsedSeconds, bool Skipped = false)
{
    public static IEnumerable<string> Lines(DecodeResult r) =>
    [
        r.Skipped
            ? $"{r.Path}  exists, skipped"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{(r.Path == OutputPaths.StandardOutput ? "stdout" : r.Path)}  {r.Seconds:0.00} s, {r.SampleRate} Hz, {Plural.Of(r.Channels!.Value, "channel")}, by {r.Model} in {r.ElapsedSeconds:0.0} s{(r.Picture is null ? "" : $", {r.Picture}")}"),
    ];
}
