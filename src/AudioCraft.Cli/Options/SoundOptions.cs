using System.CommandLine;
using AudioCraft.Cli.Output;

namespace AudioCraft.Cli.Options;

/// <summary>Where sounds go and in what form.</summary>
internal sealed class SoundOptions
{
    private readonly Option<string?> output = new("--output", "-o") { Description = $"A file ({string.Join(", ", SoundPlaces.Formats.Select(f => "." + f))}) or a directory (here)" };
    private readonly Option<string?> format = new("--format", "-f") { Description = "Format of files in a directory (wav)" };
    private readonly Option<string> existing = new("--existing") { Description = "Files that are there already: keep them and number the new ones, replace them, or skip what they are for", DefaultValueFactory = _ => "keep" };
    private readonly Option<string> level = new("--level") { Description = "Loudness: loudness (-14 LUFS), peak (-1 dB), rms (-18 dB), none (as it is)" };
    private readonly Option<bool> png = new("--png") { Description = "A spectrogram beside each sound" };

    /// <param name="command">The command that gets them.</param>
    /// <param name="standardLevel">How loud, where nothing is said.</param>
    public SoundOptions(Command command, string standardLevel = "loudness")
    {
        level.DefaultValueFactory = _ => standardLevel;
        format.AcceptOnlyFromAmong(SoundPlaces.Formats);
        existing.AcceptOnlyFromAmong("keep", "replace", "skip");
        level.AcceptOnlyFromAmong("loudness", "peak", "rms", "none");
        foreach (var option in new Option[] { output, format, existing, level, png })
        {
            command.Add(option);
        }
    }

    /// <summary>A path for each sound.</summary>
    public SoundPlaces Places(ParseResult line, IReadOnlyList<string> titles) => new(line.GetValue(output), line.GetValue(format), titles, Enum.Parse<Existing>(line.GetRequiredValue(existing), ignoreCase: true));

    /// <summary>What writes them.</summary>
    public SoundWriter Writer(ParseResult line) => new(
        line.GetRequiredValue(level) switch
        {
            "peak" => new AudioWriteOptions { Strategy = AudioNormalization.Peak },
            "rms" => new AudioWriteOptions { Strategy = AudioNormalization.Rms },
            // Clips what is beyond full scale, which integers cannot hold.
            "none" => new AudioWriteOptions { Strategy = AudioNormalization.Clip, PeakClipHeadroomDb = 0 },
            _ => new AudioWriteOptions { Strategy = AudioNormalization.Loudness, LoudnessCompressor = true },
        },
        line.GetValue(png));
}
