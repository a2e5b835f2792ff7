// Descriptions in, WAV files out. `--help` lists the arguments.
using System.Diagnostics;
using AudioCraft;
using TextToSound;

Arguments arguments;
try
{
    arguments = Arguments.Parse(args);
}
catch (FormatException error)
{
    Console.Error.WriteLine($"{error.Message} --help lists the arguments.");
    return 2;
}

if (arguments.Help)
{
    Console.WriteLine(Arguments.Usage);
    return 0;
}

using var cancellation = new CancellationTokenSource();
Console.CancelKeyPress += (_, press) =>
{
    // The first Ctrl-C ends the generation between two steps, the second the program at once.
    press.Cancel = !cancellation.IsCancellationRequested;
    cancellation.Cancel();
};

try
{
    using var start = arguments.Continue is { } file ? Start.Read(file) : null;
    var directory = arguments.Model ?? BundledModel.Find();
    Console.WriteLine($"Loading {directory}");
    using var model = AudioGen.GetPretrained(directory);
    if (BundledModel.HasRandomWeights(directory))
    {
        Console.WriteLine("This checkpoint is a test's: its weights are random, so what comes out is noise, whatever the text. --model takes a trained one.");
    }

    if (start?.Seconds >= model.MaxDuration)
    {
        Console.WriteLine($"{arguments.Continue} lasts {start.Seconds:0.##} s, and the model hears {model.MaxDuration:0.##} s at once: going on from the last {model.MaxDuration / 2:0.##} s.");
        start.KeepLast(model.MaxDuration / 2);
    }

    var parameters = arguments.ApplyTo(model.GenerationParams, start?.Seconds ?? 0);
    Console.WriteLine($"Generating {arguments.Sounds.Count} sound(s) of {parameters.Duration:0.##} s at {model.SampleRate} Hz on {model.Device}");

    var watch = Stopwatch.StartNew();
    var progress = new ProgressLine();
    using var sounds = start is null
        ? model.Generate(arguments.Descriptions, parameters, progress, cancellation.Token)
        : start.GoOn(model, arguments.Descriptions, parameters, progress, cancellation.Token);
    progress.End();

    var files = new FileNames(arguments.Out);
    for (var i = 0; i < arguments.Sounds.Count; i++)
    {
        using var sound = sounds[i];
        var path = files.Next(arguments.Sounds[i]);
        // The level that audiocraft's own examples use; without options, AudioFile.Write brings the peak to -1 dB.
        AudioFile.Write(path, sound, model.SampleRate, new AudioWriteOptions { Strategy = AudioNormalization.Loudness, LoudnessCompressor = true });
        Console.WriteLine($"Wrote {Path.GetFullPath(path)} ({(double)sound.size(-1) / model.SampleRate:0.##} s)");
    }

    Console.WriteLine($"Done in {watch.Elapsed.TotalSeconds:0.0} s.");
    return 0;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("\nCancelled: nothing was written.");
    return 130;
}
catch (Exception error) when (error is AudioCraftException or ArgumentException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
