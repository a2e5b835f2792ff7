using System.CommandLine;
using AudioCraft.Cli.Output;

namespace AudioCraft.Cli.Options;

/// <summary>Options of the output files.</summary>
internal sealed class OutputOptions
{
    private readonly Option<string?> output = new("--output", "-o") { Description = $"A file ({string.Join(", ", OutputPaths.Formats.Select(f => "." + f))}) or a directory (current directory)" };
    private readonly Option<string?> format = new("--format", "-f") { Description = "Format of files in a directory (wav)" };
    private readonly Option<string> existing = new("--existing") { Description = "Existing files: keep them and number the new ones, replace them, or skip their prompts", DefaultValueFactory = _ => "keep" };
    private readonly Option<string> level = new("--level") { Description = "Level: loudness (-14 LUFS), peak (-1 dB), rms (-18 dB), none (unchanged)" };
    private readonly Option<bool> png = new("--png") { Description = "Also write a spectrogram for each file" };

    /// <param name="command">The command.</param>
    /// <param name="standardLevel">The default level.</param>
    public OutputOptions(Command command, string standardLevel = "loudness")
    {
        level.DefaultValueFactory = _ => standardLevel;
        format.AcceptOnlyFromAmong(OutputPaths.Formats);
        existing.AcceptOnlyFromAmong("keep", "replace", "skip");
        level.AcceptOnlyFromAmong("loudness", "peak", "rms", "none");
        foreach (var option in new Option[] { output, format, existing, level, png })
        {
            command.Add(option);
        }
    }

    /// <summary>One path per result.</summary>
    public OutputPaths Places(ParseResult line, IReadOnlyList<string> titles) => new(line.GetValue(output), line.GetValue(format), titles, Enum.Parse<Existing>(line.GetRequiredValue(existing), ignoreCase: true));

    /// <summary>Creates the writer of the files.</summary>
    public AudioWriter Writer(ParseResult line) => new(
        line.GetRequiredValue(level) switch
        {
            "peak" => new AudioWriteOptions { Strategy = AudioNormalization.Peak },
            "rms" => new AudioWriteOptions { Strategy = AudioNormalization.Rms },
            // Clips values beyond full scale, which integers cannot represent.
            "none" => new AudioWriteOptions { Strategy = AudioNormalization.Clip, PeakClipHeadroomDb = 0 },
            _ => new AudioWriteOptions { Strategy = AudioNormalization.Loudness, LoudnessCompressor = true },
        },
        line.GetValue(png));
}
