using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using AudioCraft.Checkpoints;
using AudioCraft.Cli.Coding;
using AudioCraft.Cli.Display;
using AudioCraft.Cli.Options;
using AudioCraft.Cli.Output;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Cli.Commands;

/// <summary>Codes to sound.</summary>
internal sealed class DecodeCommand
{
    private const string Dac = "dac_44khz";

    private readonly Command command = new("decode", "Turns .ecdc, .dac or .safetensors files of codes back into sound");
    private readonly Argument<string> input = new("file") { Description = "What audiocraft encode, encodec or dac has written" };
    private readonly Option<string?> languageModel = new("--language-model") { Description = "File of the codec's language model, where the .ecdc file was written with it" };
    private readonly SoundOptions sound;
    private readonly ModelOptions model;
    private readonly Shell shell;

    private DecodeCommand(Shell shell)
    {
        this.shell = shell;
        command.Add(input);
        sound = new SoundOptions(command, standardLevel: "none");
        command.Add(languageModel);
        model = new ModelOptions(command, $"The codec (the one that the file names; for .dac {Dac})", standard: null, isGenerative: false);
    }

    public static Command Create(Shell shell, Option<bool> json)
    {
        var decode = new DecodeCommand(shell);
        decode.command.SetAction((line, ct) => decode.RunAsync(line, line.GetValue(json), ct));
        return decode.command;
    }

    private async Task<int> RunAsync(ParseResult line, bool json, CancellationToken ct)
    {
        var path = line.GetRequiredValue(input);
        var places = sound.Places(line, [Path.GetFileNameWithoutExtension(path)]);
        var result = await Bars.RunAsync(shell, async bars =>
        {
            var name = model.Name(line) ?? NameIn(path);
            using var codec = await CompressionModel.GetPretrainedAsync(name, model.Read(line), bars.Downloads(), ct).ConfigureAwait(false);
            using var lm = EncodeCommand.LanguageModel(line.GetValue(languageModel), codec);
            var watch = Stopwatch.StartNew();
            var share = bars.Share("Decoding");
            var (wav, rate) = await Task.Run(() => Decode(path, codec, lm, share, ct), ct).ConfigureAwait(false);
            using (wav)
            {
                SoundWriter.CheckFormats(places.Paths, rate, (int)wav.size(0));
                var picture = sound.Writer(line).Write(places.Paths[0], wav, rate, Path.GetFileName(path));
                return new DecodeResult(places.Paths[0], picture, name, rate, (int)wav.size(0), (double)wav.size(-1) / rate, Math.Round(watch.Elapsed.TotalSeconds, 3));
            }
        }).ConfigureAwait(false);
        shell.Result(json, result, DecodeResult.Lines);
        return ExitCode.Success;
    }

    /// <summary>The codec that a file names. Only models that came with the tool, and upstream's own, are taken at a file's word: it is not to choose what is downloaded.</summary>
    private static string NameIn(string path)
    {
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case Encoding.Dac:
                return Dac;
            case Encoding.Ecdc:
                var header = EcdcFile.ReadHeader(path);
                return header.PretrainedName ?? Bundled(header.ModelName, path);
            case CodesFile.Ending:
                return Bundled(CodesFile.ReadHeader(path).Model, path);
            default:
                throw new UsageException($"'{path}' ends in none of {Encoding.Ecdc}, {Encoding.Dac} and {CodesFile.Ending}.");
        }
    }

    private static string Bundled(string name, string path) => BundledModels.Find(name) is not null
        ? name
        : throw new UsageException($"'{path}' was written with a codec called '{name}': say with --model where it is.");

    private static (Tensor Wav, int Rate) Decode(string path, CompressionModel codec, EncodecLanguageModel? lm, IProgress<double> progress, CancellationToken ct)
    {
        switch (codec, Path.GetExtension(path).ToLowerInvariant())
        {
            case (EncodecModel encodec, Encoding.Ecdc):
                // Whoever names a codec means it, whatever it was called when the file was written.
                return EcdcFile.Decompress(encodec, path, new EcdcOptions { ModelName = EcdcFile.ReadHeader(path).ModelName, LanguageModel = lm }, progress, ct);
            case (DacModel dac, Encoding.Dac):
                var file = DacFile.Read(path);
                using (var sounds = new DacCodec(dac).Decompress(file, progress, ct))
                {
                    return sounds.size(0) == 1 ? (sounds[0], file.SampleRate) : throw new AudioFormatException($"'{path}' holds {sounds.size(0)} sounds; files of one are decoded.");
                }

            case (_, CodesFile.Ending):
                ct.ThrowIfCancellationRequested();
                return (CodesFile.Decode(path, codec), codec.SampleRate);
            default:
                throw new UsageException($"'{path}' is not a file of a {codec.GetType().Name}.");
        }
    }
}

/// <summary>What was decoded.</summary>
internal sealed record DecodeResult(string Path, string? Picture, string Model, int SampleRate, int Channels, double Seconds, double ElapsedSeconds)
{
    public static IEnumerable<string> Lines(DecodeResult r) =>
        [string.Create(CultureInfo.InvariantCulture, $"{r.Path}  {r.Seconds:0.00} s, {r.SampleRate} Hz, {r.Channels} channel(s), by {r.Model} in {r.ElapsedSeconds:0.0} s{(r.Picture is null ? "" : $", {r.Picture}")}")];
}
