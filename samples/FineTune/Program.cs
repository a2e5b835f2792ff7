// Fine-tunes an AudioGen checkpoint on a folder of WAV files, each with a .json {"description": "…"} next to it:
//   FineTune models/audiogen-tiny sounds tuned 200 "heavy rain"
// writes the checkpoint to the folder "tuned" and, with the last argument, generates audio with it. Ctrl-C stops; the same command resumes.
using AudioCraft;
using AudioCraft.Checkpoints;
using AudioCraft.Training;
using TorchSharp;

if (args.Length is < 3 or > 5 || (args.Length > 3 && !int.TryParse(args[3], out _)))
{
    Console.Error.WriteLine("FineTune <checkpoint> <folder> <output> [steps] [prompt]");
    return 2;
}

var (checkpoint, folder, output) = (args[0], args[1], args[2]);
var steps = args.Length > 3 ? int.Parse(args[3]) : 200;
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, key) =>
{
    key.Cancel = true;
    stop.Cancel();
};

try
{
    // Encode the audio once, before the training.
    CodeDataset data;
    double window;
    GenerationParams defaults;
    using (var model = AudioGen.GetPretrained(checkpoint, torch.CPU))
    {
        (window, defaults) = (model.MaxDuration, model.GenerationParams);
        data = CodeDataset.Encode(model.CompressionModel, new AudioFolder(folder, needDescriptions: true), window, cancellationToken: stop.Token);
    }

    var language = new LanguageModelOptions
    {
        BatchSize = 8,
        Frames = data.Items.Max(item => item.Frames),
        Optimizer = new AdamWOptions { LearningRate = 1e-4, Beta2 = 0.95, WeightDecay = 0.1, MaximumNorm = 1, Schedule = new CosineSchedule(steps + 1, Math.Min(20, steps / 10), 0.1) },
    };
    var every = Math.Max(1, steps / 4);
    var training = new TrainingOptions
    {
        Directory = Path.Combine(output, "training"), Steps = steps, Seed = 1, LogEvery = Math.Min(20, every), ValidateEvery = every, CheckpointEvery = every,
    };
    using (var solver = new LanguageModelSolver(LanguageModel, data, null, training, language))
    {
        solver.Run(new Progress<TrainingProgress>(p => Console.WriteLine($"{p.Phase} {p.Step}/{p.TotalSteps}: loss {p.Metrics["loss"]:f3}, {p.Remaining:hh\\:mm\\:ss} left")), stop.Token);
        using var averaged = solver.Averaged();
        CheckpointWriter.Write(output, solver.Model, checkpoint, File.ReadAllBytes(Path.Combine(checkpoint, "t5", "spiece.model")), window, suggested: defaults);
    }

    Console.WriteLine($"Wrote the checkpoint {output}");
    if (args.Length > 4)
    {
        using var tuned = AudioGen.GetPretrained(output, torch.CPU);
        using var audio = tuned.Generate(args[4], cancellationToken: stop.Token);
        using var first = audio[0];
        AudioFile.Write(Path.Combine(output, "sample.wav"), first, tuned.SampleRate);
    }

    return 0;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("Stopped.");
    return 130;
}
catch (Exception error) when (error is AudioCraftException or ArgumentException or IOException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}

LMModel LanguageModel()
{
    // The codec is not needed during training.
    var model = AudioGen.GetPretrained(checkpoint, torch.CPU);
    model.CompressionModel.Dispose();
    return model.LM;
}
