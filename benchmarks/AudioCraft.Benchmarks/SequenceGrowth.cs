using System.Diagnostics;
using System.Globalization;
using AudioCraft.Compression;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Benchmarks;

/// <summary>What a step costs as the sequence grows to the 30 seconds of MusicGen's window, and how soon the first sound comes, at the shape of facebook/musicgen-small.</summary>
internal static class SequenceGrowth
{
    private const int StepsPerLine = 100;

    private const int Steps = 1500;

    public static async Task Print(int threads)
    {
        set_num_threads(threads);
        random.manual_seed(1);
        var lm = new LMModel(LMRows.MusicGenSmall);
        lm.eval();
        PrintSteps(lm);
        await PrintFirstSound(lm);
    }

    private static void PrintSteps(LMModel lm)
    {
        using var work = LMRows.Generation(lm, Steps, batch: 1, out var onStep);
        var times = new List<double>();
        var watch = Stopwatch.StartNew();
        onStep(() => times.Add(watch.Elapsed.TotalMilliseconds));
        work.Run();
        Console.WriteLine("| steps, one item with guidance | ms a step, median | to the first hundred |");
        Console.WriteLine("|---|---|---|");
        var first = 0.0;
        for (var from = 0; from + StepsPerLine <= times.Count; from += StepsPerLine)
        {
            var costs = Enumerable.Range(from, StepsPerLine).Select(i => times[i] - (i == 0 ? 0 : times[i - 1])).Order().ToList();
            var median = costs[StepsPerLine / 2];
            first = first == 0 ? median : first;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {from + 1} to {from + StepsPerLine} | {median:F1} | {median / first:F2} |"));
        }
    }

    // Without a text encoder there is no text, so that guidance has nothing to follow: a step has one row where it usually has two.
    private static async Task PrintFirstSound(LMModel lm)
    {
        var codec = new EncodecModel(new EncodecConfig
        {
            SampleRate = 32000,
            Encoder = new() { Filters = 64, ResidualLayers = 1, Ratios = [8, 5, 4, 4], LstmLayers = 2, Norm = ConvNorm.WeightNorm, PaddingMode = ConvPaddingMode.Constant },
            Quantizer = new() { CodebookCount = 4, Bins = 2048, KMeansInit = false },
        });
        using var model = new MusicGen("musicgen-small shape", codec, lm, 30);
        model.GenerationParams = new GenerationParams { Duration = 2, Seed = 1 };
        var (steps, watch) = (0, Stopwatch.StartNew());
        var first = "";
        await foreach (var chunk in model.GenerateStreamingAsync("", progress: new Each(() => steps++)))
        {
            chunk.Dispose();
            if (first.Length == 0)
            {
                first = string.Create(CultureInfo.InvariantCulture, $"First sound of the stream after {watch.Elapsed.TotalMilliseconds:F0} ms, when {steps} steps were done.");
            }
        }

        Console.WriteLine();
        Console.WriteLine(first);
    }

    private sealed class Each(Action action) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => action();
    }
}
