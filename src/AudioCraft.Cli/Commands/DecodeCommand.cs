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
    private readonly OutputOptions sound;
    private readonly ModelOptions model;
    private readonly Shell shell;

    private DecodeCommand(Shell shell)
    {
        this.shell = shell;
        command.Add(input);
        sound = new OutputOptions(command, standardLevel: "none");
        command.Add(languageModel);
        model = new ModelOptions(command, $"The codec (as named in the file; for .dac {Dac})", standard: null, isGenerative: false);
    }

    public static Command Create(Shell shell, Option<bool> json)
    {
        var decode = new DecodeCommand(shell);
        decode.command.SetAction((line, cancellationToken) => decode.RunAsync(line, line.GetValue(json), cancellationToken));
        return decode.command;
    }

    private async Task<int> RunAsync(ParseResult line, bool json, CancellationToken cancellationToken)
    {
        var path = line.GetRequiredValue(input);
        var places = sound.Places(line, [Path.GetFileNameWithoutExtension(path)]);
        var result = await Bars.RunAsync(shell, async bars =>
        {
            var name = model.Name(line) ?? NameIn(path);
            using var codec = await CompressionModel.GetPretrainedAsync(name, model.Read(line), bars.Downloads(), cancellationToken).ConfigureAwait(false);
            using var lm = EncodeCommand.LanguageModel(line.GetValue(languageModel), codec);
            var watch = Stopwatch.StartNew();
            var share = bars.Share("Decoding");
            var (wav, rate) = await Task.Run(() => Decode(path, codec, lm, share, cancellationToken), cancellationToken).ConfigureAwait(false);
            using (wav)
            {
                AudioWriter.CheckFormats(places.Paths, rate, (int)wav.size(0));
                var picture = sound.Writer(line).Write(places.Paths[0], wav, rate, Path.GetFileName(path));
                return new DecodeResult(places.Paths[0], picture, name, rate, (int)wav.size(0), (double)wav.size(-1) / rate, Math.Round(watch.Elapsed.TotalSeconds, 3));
            }
        }).ConfigureAwait(false);
        shell.Result(json, result, DecodeResult.Lines);
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
                using (var sounds = new DacCompressor(dac).Decompress(file, progress, cancellationToken))
                {
                    return sounds.size(0) == 1 ? (sounds[0], file.SampleRate) : throw new AudioFormatException($"'{path}' contains {sounds.size(0)} items, but only files with one item are supported.");
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
internal sealed record DecodeResult(string Path, string? Picture, string Model, int SampleRate, int Channels, double Seconds, double ElapsedSeconds)
{
    public static IEnumerable<string> Lines(DecodeResult r) =>
        [string.Create(CultureInfo.InvariantCulture, $"{r.Path}  {r.Seconds:0.00} s, {r.SampleRate} Hz, {r.Channels} channel(s), by {r.Model} in {r.ElapsedSeconds:0.0} s{(r.Picture is null ? "" : $", {r.Picture}")}")];
}
