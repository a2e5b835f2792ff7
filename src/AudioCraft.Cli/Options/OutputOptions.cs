using System.CommandLine;
using AudioCraft.Cli.Display;
using AudioCraft.Cli.Output;

namespace AudioCraft.Cli.Options;

/// <summary>Options of the output files.</summary>
internal sealed class OutputOptions
{
    private readonly Option<string?> output = new("--output", "-o") { Description = $"A file ({string.Join(", ", OutputPaths.Formats.Select(f => "." + f))}), a directory, or - for stdout [current directory]", HelpName = "path" };
    private readonly Option<string?> format = new("--format", "-f") { Description = "Format of files in a directory and of stdout [wav]" };
    private readonly Option<string?> existing = new("--existing") { Description = "Existing files: keep them and number the new ones, replace them, or skip their prompts [keep in a directory, replace for a named file]" };
    private readonly Option<string> level = new("--level") { Description = "Level: limit (reduced only if the peak exceeds -1 dB), loudness (-14 LUFS), peak (-1 dB), rms (-18 dB), none (unchanged)" };
    private readonly Option<bool> png = new("--png") { Description = "Also write a spectrogram beside each file" };

    /// <param name="command">The command.</param>
    /// <param name="standardLevel">The default level.</param>
    public OutputOptions(Command command, string standardLevel = "limit")
    {
        level.DefaultValueFactory = _ => standardLevel;
        format.AcceptOnlyFromAmong(OutputPaths.Formats);
        existing.AcceptOnlyFromAmong("keep", "replace", "skip");
        level.AcceptOnlyFromAmong("limit", "loudness", "peak", "rms", "none");
        foreach (var option in new Option[] { output, format, existing, level, png })
        {
            command.Add(option);
        }
    }

    /// <summary>The files and their writer, checked before the computation.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="console">The input and output.</param>
    /// <param name="titles">The titles, one per result.</param>
    /// <exception cref="UsageException">The options contradict each other or a format is not supported.</exception>
    /// <exception cref="AudioCraftException">The files cannot be written.</exception>
    public (OutputPaths Paths, AudioWriter Writer) Prepare(ParseResult line, ToolConsole console, IReadOnlyList<string> titles)
    {
        var paths = new OutputPaths(line.GetValue(output), line.GetValue(format), titles, line.GetValue(existing) is { } name ? Enum.Parse<Existing>(name, ignoreCase: true) : null);
        if (console.Json && paths.IsStandardOutput)
        {
            throw new UsageException("--json and --output - both write to stdout: give one.");
        }

        var writer = new AudioWriter(Level(line), line.GetValue(png), console.OpenBinaryOutput);
        writer.Check(paths);
        return (paths, writer);
    }

    private AudioWriteOptions Level(ParseResult line) =>
        line.GetRequiredValue(level) switch
        {
            "peak" => new AudioWriteOptions { Normalization = AudioNormalization.Peak },
            "rms" => new AudioWriteOptions { Normalization = AudioNormalization.Rms },
            // Clips values beyond full scale, which integers cannot represent.
            "none" => new AudioWriteOptions { Normalization = AudioNormalization.Clip, PeakClipHeadroomDb = 0 },
            "loudness" => new AudioWriteOptions { Normalization = AudioNormalization.Loudness, LoudnessCompressor = true },
            _ => new AudioWriteOptions { Normalization = AudioNormalization.Peak, Normalize = false },
        };
}
