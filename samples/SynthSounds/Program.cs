using System.Diagnostics;
using AudioCraft;
using AudioCraft.Training;
using SynthSounds;

// A folder of sound effects with descriptions, to train on: WAV, and upstream's .json beside each.
Options options;
try
{
    options = Options.Parse(args);
}
catch (ArgumentException error)
{
    Console.Error.WriteLine(error.Message);
    Console.Error.WriteLine(Options.Usage);
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, key) =>
{
    key.Cancel = true;
    stop.Cancel();
};

var sounds = new SyntheticSounds(options.Seed)
{
    Seconds = options.Seconds,
    SampleRate = options.SampleRate,
    Wording = options.HeldOut ? SoundWording.HeldOut : SoundWording.Training,
};
var watch = Stopwatch.StartNew();
try
{
    SoundFolder.Write(options.Out, sounds, options.Count, new ProgressLine(options.Count, watch), stop.Token);
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("\nStopped; what is written stays.");
    return 130;
}
catch (Exception error) when (error is AudioCraftException or ArgumentException)
{
    Console.Error.WriteLine($"\n{error.Message}");
    return 1;
}

Console.WriteLine($"\n{options.Count} sounds of {options.Seconds} s in {options.Out}, made in {watch.Elapsed.TotalSeconds:f1} s.");
return 0;
