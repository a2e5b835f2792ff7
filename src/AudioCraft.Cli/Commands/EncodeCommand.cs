using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using AudioCraft.Cli.Coding;
using AudioCraft.Cli.Display;
using AudioCraft.Cli.Options;
using AudioCraft.NAudio;
using TorchSharp;

namespace AudioCraft.Cli.Commands;

/// <summary>Sound to codes.</summary>
internal sealed class EncodeCommand
{
    private const string Dac = "dac_44khz";

    private readonly Command command = new("encode", "Compresses a sound into .ecdc (EnCodec), .dac (DAC) or .safetensors (the codes)");
    private readonly Argument<string> input = new("sound") { Description = "A sound file of any format" };
    private readonly Option<string?> output = new("--output", "-o") { Description = "The file to write (the sound's name with another ending)" };
    private readonly Option<double?> bitrate = new("--bitrate", "-b") { Description = "Kilobits a second (all codebooks)" };
    private readonly Option<int?> codebooks = new("--codebooks", "-k") { Description = "Codebooks, in place of a bitrate" };
    private readonly Option<string?> languageModel = new("--language-model") { Description = "File of the codec's language model, which makes .ecdc files smaller" };
    private readonly ModelOptions model;
    private readonly Shell shell;

    private EncodeCommand(Shell shell)
    {
        this.shell = shell;
        foreach (var symbol in new Option[] { output, bitrate, codebooks, languageModel })
        {
            command.Add(symbol);
        }

        command.Add(input);
        model = new ModelOptions(command, $"The codec ({ModelOptions.Bundled}; for .dac {Dac})", standard: null, isGenerative: false);
    }

    public static Command Create(Shell shell, Option<bool> json)
    {
        var encode = new EncodeCommand(shell);
        encode.command.SetAction((line, ct) => encode.RunAsync(line, line.GetValue(json), ct));
        return encode.command;
    }

    private async Task<int> RunAsync(ParseResult line, bool json, CancellationToken ct)
    {
        var (path, asked) = (line.GetRequiredValue(input), line.GetValue(output));
        if (line.GetValue(bitrate) is not null && line.GetValue(codebooks) is not null)
        {
            throw new UsageException("--bitrate and --codebooks say the same in two ways: give one.");
        }

        var result = await Bars.RunAsync(shell, async bars =>
        {
            var name = model.Name(line) ?? (Path.GetExtension(asked) == Encoding.Dac ? Dac : ModelOptions.Bundled);
            using var codec = await CompressionModel.GetPretrainedAsync(name, model.Read(line), bars.Downloads(), ct).ConfigureAwait(false);
            var target = asked ?? Unused(Path.ChangeExtension(path, Encoding.EndingOf(codec)));
            Encoding.CheckEnding(target, codec);
            codec.SetNumCodebooks(line.GetValue(codebooks) ?? (line.GetValue(bitrate) is { } kilobits ? Encoding.CodebooksFor(kilobits, codec) : codec.TotalCodebooks));
            using var lm = LanguageModel(line.GetValue(languageModel), codec);
            var (wav, rate) = NAudioFile.Read(path);
            using (wav)
            {
                var watch = Stopwatch.StartNew();
                var share = bars.Share("Encoding");
                await Task.Run(() => Encoding.Write(codec, name, wav, rate, target, lm, share, ct), ct).ConfigureAwait(false);
                return new EncodeResult(target, name, codec.NumCodebooks, (double)wav.size(-1) / rate, new FileInfo(target).Length, Math.Round(watch.Elapsed.TotalSeconds, 3));
            }
        }).ConfigureAwait(false);
        shell.Result(json, result, EncodeResult.Lines);
        return ExitCode.Success;
    }

    /// <summary>The language model of a codec, from its file; null where none is named.</summary>
    public static EncodecLanguageModel? LanguageModel(string? path, CompressionModel codec) => (path, codec) switch
    {
        (null, _) => null,
        (_, EncodecModel encodec) => EncodecLanguageModel.GetPretrained(path, encodec),
        _ => throw new UsageException("--language-model is for EnCodec's .ecdc files."),
    };

    // A file that was not named is not overwritten either.
    private static string Unused(string path) => File.Exists(path) ? throw new UsageException($"'{path}' is already there: say with --output where to write.") : path;
}

/// <summary>What was encoded.</summary>
internal sealed record EncodeResult(string Path, string Model, int Codebooks, double Seconds, long Bytes, double ElapsedSeconds)
{
    public double KilobitsPerSecond => Math.Round(8 * Bytes / Seconds / 1000, 3);

    public static IEnumerable<string> Lines(EncodeResult r) =>
        [string.Create(CultureInfo.InvariantCulture, $"{r.Path}  {r.Seconds:0.00} s in {r.Bytes} bytes ({r.KilobitsPerSecond:0.00} kb/s), {r.Codebooks} codebook(s) of {r.Model}, in {r.ElapsedSeconds:0.0} s")];
}
