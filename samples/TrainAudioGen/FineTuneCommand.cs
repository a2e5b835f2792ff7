using AudioCraft;
using AudioCraft.Checkpoints;
using AudioCraft.Training;
using TorchSharp;

namespace TrainAudioGen;

/// <summary>Goes on training a checkpoint on sounds of one's own.</summary>
internal static class FineTuneCommand
{
    public static Command Command { get; } = new("finetune", """
        finetune CHECKPOINT FOLDER --out DIR [options]
            Goes on training an AudioGen checkpoint on a folder of WAV files, each with a .json {"description": "…"} beside it, and writes the result as a checkpoint.
            --steps N (200)   --batch N (8)   --lr R (1e-4)   --workers N (1)   --seconds S (the model's window)
            --say TEXT        makes a sound with the result: DIR/sample.wav
        """, Run);

    private static void Run(Options options, CancellationToken cancellation)
    {
        var output = options.Text("--out");
        var (steps, batch, workers, say) = (options.Whole("--steps", 200), options.Whole("--batch", 8), options.Whole("--workers", 1), options.TextOrNull("--say"));
        var (rate, longest) = (options.Number("--lr", 1e-4), options.Number("--seconds", double.PositiveInfinity));
        options.RefuseOthers(words: 2);
        var (checkpoint, folder) = (options.Words[0], options.Words[1]);

        CodeDataset data;
        double window;
        GenerationParams suggested;
        using (var model = AudioGen.GetPretrained(checkpoint, torch.CPU))
        {
            (window, suggested) = (model.MaxDuration, model.GenerationParams);
            data = CodeDataset.Encode(model.CompressionModel, SoundFolder.Read(folder, model.SampleRate, Math.Min(window, longest)), ct: cancellation);
        }

        var language = new LanguageModelOptions { BatchSize = batch, Frames = data.Items.Max(item => item.Frames), Workers = workers };
        language = language with { Optimizer = language.Optimizer with { LearningRate = rate, Schedule = new CosineSchedule(steps + 1, Math.Min(20, steps / 10), 0.1) } };
        var every = Math.Max(1, steps / 4);
        var training = new TrainingOptions
        {
            Directory = Path.Combine(output, "training"), Steps = steps, Seed = 1, LogEvery = Math.Max(1, Math.Min(20, steps / 4)), ValidateEvery = every, CheckpointEvery = every,
        };
        var tokenizer = Path.Combine(Directory.Exists(checkpoint) ? checkpoint : Path.GetDirectoryName(Path.GetFullPath(checkpoint))!, "t5", "spiece.model");
        using (var solver = new LanguageModelSolver(() => LanguageModel(checkpoint), data, null, training, language))
        {
            Training.Run(solver, model => CheckpointWriter.Write(output, model, checkpoint, File.ReadAllBytes(tokenizer), window, suggested: suggested), cancellation);
        }

        Console.WriteLine($"{output} holds the checkpoint.");
        if (say is not null)
        {
            using var tuned = AudioGen.GetPretrained(output, torch.CPU);
            using var sound = tuned.Generate(say, cancellationToken: cancellation);
            using var first = sound[0];
            AudioFile.Write(Path.Combine(output, "sample.wav"), first, tuned.SampleRate);
            Console.WriteLine($"{Path.Combine(output, "sample.wav")}: {say}");
        }
    }

    private static LMModel LanguageModel(string checkpoint)
    {
        // The codec is not needed while the language model learns.
        var model = AudioGen.GetPretrained(checkpoint, torch.CPU);
        model.CompressionModel.Dispose();
        return model.LM;
    }
}
