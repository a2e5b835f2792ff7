using System.Diagnostics;
using System.Globalization;
using System.Text;
using AudioCraft;
using AudioCraft.Pictures;
using TorchSharp;

namespace AudioGenTiny.Recipe;

/// <summary>Evaluates a model: whether a classifier recognizes the requested kinds, and the distances of the codec.</summary>
internal static class EvaluateCommand
{
    // None of these seeds is used in training.
    private const long PromptSeed = 20_000_001, CodecSeed = 30_000_001, ClassifierSeed = 40_000_001;

    private static readonly string[] _pictured = ["a siren, fast and distant", "a doorbell", "footsteps, slow", "a dog barking, several times", "a church bell, low", "a bird chirping, close by"];

    public static Command Command { get; } = new("evaluate", """
        evaluate CHECKPOINT [options]
            Prints tables in Markdown: how often a classifier, trained on synthetic originals, recognizes the requested kind and properties in generated audio (held-out seeds and
            wordings), in originals, and in originals through the codec; and the distances of the codec for each number of codebooks.
            CHECKPOINT      an AudioGen directory, or a codec: then nothing is generated
            --out FILE      also writes the tables to a file      --speech WAV     also evaluates the codec on this recording
            --pictures DIR  spectrograms of six prompts           --per-kind N     prompts of each kind (10)      --codec-sounds N  sounds for the codec (60)
            --batch N (8)   --threads N (all)   --cfg C, --topk K, --temperature T (the model's)   --examples N  originals of each kind to train the classifier (60)
            --precision P   precision of the weights of the language model: float32, bfloat16 or int8 (float32)
        """, Run);

    private static void Run(Options options, CancellationToken cancellationToken)
    {
        var (perKind, count, batch, threads) = (options.Whole("--per-kind", 10), options.Whole("--codec-sounds", 60), options.Whole("--batch", 8), options.Whole("--threads", 0));
        var (output, speech, pictures, examples) = (options.TextOrNull("--out"), options.TextOrNull("--speech"), options.TextOrNull("--pictures"), options.Whole("--examples", 60));
        var (cfg, topK, temperature) = (options.Number("--cfg", double.NaN), options.Whole("--topk", -1), options.Number("--temperature", double.NaN));
        var precision = options.Text("--precision", "float32") switch
        {
            "float32" => ModelPrecision.Float32,
            "bfloat16" => ModelPrecision.BFloat16,
            "int8" => ModelPrecision.Int8,
            var other => throw new FormatException($"--precision must be float32, bfloat16 or int8, not '{other}'."),
        };
        options.RefuseOthers(words: 1);
        if (threads > 0)
        {
            torch.set_num_threads(threads);
        }

        var text = new StringBuilder();
        using var model = Model(options.Words[0], precision);
        using var alone = model is null ? CompressionModel.GetPretrained(options.Words[0], torch.CPU) : null;
        var codec = model?.CompressionModel ?? alone!;
        if (model is not null)
        {
            var set = model.GenerationParams;
            model.GenerationParams = set with
            {
                CfgCoef = double.IsNaN(cfg) ? set.CfgCoef : cfg, TopK = topK < 0 ? set.TopK : topK, Temperature = double.IsNaN(temperature) ? set.Temperature : temperature,
            };
            if (pictures is not null)
            {
                WritePictures(model, pictures, cancellationToken);
            }
        }

        text.Append(Prompts(model, codec, perKind, batch, examples, cancellationToken)).AppendLine();
        text.Append(Codec(codec, count, speech, cancellationToken));
        Console.WriteLine(text);
        if (output is not null)
        {
            File.WriteAllText(output, text.ToString());
        }
    }

    private static AudioGen? Model(string name, ModelPrecision precision)
    {
        try
        {
            return AudioGen.GetPretrained(name, new PretrainedOptions { Device = torch.CPU, Precision = precision });
        }
        catch (CheckpointException) when (IsCodec(name))
        {
            return null;
        }
    }

    private static bool IsCodec(string name)
    {
        try
        {
            CompressionModel.GetPretrained(name, torch.CPU).Dispose();
            return !File.Exists(Path.Combine(name, "state_dict.safetensors")) && !File.Exists(Path.Combine(name, "state_dict.bin"));
        }
        catch (CheckpointException)
        {
            return false;
        }
    }

    private static string Prompts(AudioGen? model, CompressionModel codec, int perKind, int batch, int examples, CancellationToken cancellationToken)
    {
        Console.Error.WriteLine("Training the classifier…");
        using var classifier = SoundClassifier.Train(ClassifierSeed, examples, codec.SampleRate);
        var prompts = EvaluationPrompt.HeldOut(perKind, PromptSeed);
        var (generate, watch) = (model is null ? null : ModelEvaluation.Generator(model), new Stopwatch());
        var result = PromptEvaluation.Run(
            classifier,
            prompts,
            generate is null ? null : some =>
            {
                watch.Start();
                var sounds = generate(some);
                watch.Stop();
                return sounds;
            },
            sound => CodecEvaluation.RoundTrip(codec, sound),
            batch,
            progress: new Line(done => $"{done} of {prompts.Count} prompts, {watch.Elapsed.TotalSeconds / done:f2} s each"),
            cancellationToken: cancellationToken);
        if (model is null)
        {
            return $"{prompts.Count} held-out sounds.\n\n{result.ToMarkdown()}";
        }

        var set = model.GenerationParams;
        var head = string.Create(CultureInfo.InvariantCulture,
            $"{prompts.Count} prompts in held-out wordings, guidance {set.CfgCoef}, top-k {set.TopK}, temperature {set.Temperature}; {watch.Elapsed.TotalSeconds / prompts.Count:f2} s for 5 s of audio, in batches of {batch}.");
        return $"{head}\n\n{result.ToMarkdown()}";
    }

    private static string Codec(CompressionModel codec, int count, string? speech, CancellationToken cancellationToken)
    {
        var sounds = new SyntheticSounds(CodecSeed) { SampleRate = codec.SampleRate };
        var figures = CodecEvaluation.Measure(codec, $"{count} held-out sounds", [.. sounds.Items(0, count).Select(s => s.Samples)], cancellationToken).ToList();
        if (speech is not null)
        {
            var (wav, rate) = AudioFile.Read(speech);
            using (wav)
            using (var own = AudioConversion.Convert(wav, rate, codec.SampleRate, 1))
            {
                figures.AddRange(CodecEvaluation.Measure(codec, "speech", [own.data<float>().ToArray()], cancellationToken));
            }
        }

        return CodecEvaluation.ToMarkdown(figures);
    }

    private static void WritePictures(AudioGen model, string directory, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        for (var i = 0; i < _pictured.Length; i++)
        {
            using var sound = model.Generate(_pictured[i], model.GenerationParams with { Duration = 5, Seed = PromptSeed + i }, cancellationToken: cancellationToken);
            using var first = sound[0];
            var file = Path.Combine(directory, string.Concat(_pictured[i].Where(c => c != ',')).Replace(' ', '-'));
            Spectrogram.WritePng(file + ".png", model.SampleRate, (_pictured[i], first));
            AudioFile.Write(file + ".wav", first, model.SampleRate);
        }
    }

    /// <summary>A progress line on the error stream; the output contains only the tables.</summary>
    private sealed class Line(Func<int, string> text) : IProgress<int>
    {
        void IProgress<int>.Report(int value) => Console.Error.Write($"\r{text(value)}   ");
    }
}
