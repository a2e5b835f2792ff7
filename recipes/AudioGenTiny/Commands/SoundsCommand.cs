using System.Diagnostics;

namespace AudioGenTiny.Recipe;

/// <summary>Writes synthetic sound effects.</summary>
internal static class SoundsCommand
{
    public static Command Command { get; } = new("sounds", """
        sounds [options]
            Writes synthetic sound effects as WAV files, each with a .json that contains its description.
            --out DIR     target folder (sounds)       --count N    number of files (1000)
            --seed N      other seeds give other sounds (1)
            --seconds S   length of each file (5)      --rate HZ    sample rate (16000)
            --held-out 1  descriptions that do not occur in training
        """, Run);

    private static void Run(Options options, CancellationToken cancellationToken)
    {
        var (output, count) = (options.Text("--out", "sounds"), options.Whole("--count", 1000));
        var sounds = new SyntheticSounds(options.Whole("--seed", 1))
        {
            Seconds = options.Number("--seconds", 5),
            SampleRate = options.Whole("--rate", 16000),
            Wording = options.Whole("--held-out", 0) == 0 ? SoundWording.Training : SoundWording.HeldOut,
        };
        options.RefuseOthers();
        var watch = Stopwatch.StartNew();
        SoundFolder.Write(output, sounds, count, cancellationToken: cancellationToken);
        Console.WriteLine($"{output}: {count} sounds of {sounds.Seconds} s in {watch.Elapsed.TotalSeconds:f1} s");
    }
}
