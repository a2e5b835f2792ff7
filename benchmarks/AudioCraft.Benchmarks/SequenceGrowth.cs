using System.Diagnostics;
using System.Globalization;
using AudioCraft.Codecs;
using AudioCraft.Generation;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Benchmarks;

/// <summary>The time per step as the sequence grows to the 30 seconds of MusicGen's window, and the time to the first audio, with the shape of facebook/musicgen-small.</summary>
internal static class SequenceGrowth
{
    private const int StepsPerLine = 100;

    private const int Steps = 1500;

    public static void Print(int threads)
    {
        set_num_threads(threads);
        random.manual_seed(1);
        var lm = new LMModel(LMRows.MusicGenSmall);
        lm.eval();
        PrintSteps(lm);
        PrintFirstSound(lm);
    }

    private static void PrintSteps(LMModel lm)
    {
        using var work = LMRows.Generation(lm, Steps, batch: 1, out var onStep);
        var times = new List<double>();
        var watch = Stopwatch.StartNew();
        onStep(() => times.Add(watch.Elapsed.TotalMilliseconds));
        work.Run();
        Console.WriteLine("| steps, one item with guidance | ms per step, median | relative to the first hundred |");
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

    // From the first step, with guidance, until every item of the batch has its first chunk of audio. The text encoder, which runs once before, is not included.
    private static void PrintFirstSound(LMModel lm)
    {
        using var codec = new EncodecModel(new EncodecConfig
        {
            SampleRate = 32000,
            Encoder = new() { Filters = 64, ResidualLayers = 1, Ratios = [8, 5, 4, 4], LstmLayers = 2, Norm = ConvNorm.WeightNorm, PaddingMode = ConvPaddingMode.Constant },
            Quantizer = new() { NumCodebooks = 4, Cardinality = 2048, KMeansInit = false },
        });
        codec.eval();
        Console.WriteLine();
        Console.WriteLine("| items | first audio of all items, ms, median of 3 | steps until then |");
        Console.WriteLine("|---|---|---|");
        foreach (var batch in new[] { 1, 4, 16 })
        {
            // The first run is a warm-up: it creates threads and compiles code.
            var times = Enumerable.Range(0, 4).Select(_ => FirstSound(lm, codec, batch)).Skip(1).OrderBy(time => time.Milliseconds).ToList();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {batch} | {times[1].Milliseconds:F0} | {times[1].Steps} |"));
        }
    }

    private static (double Milliseconds, int Steps) FirstSound(LMModel lm, EncodecModel codec, int batch)
    {
        using var guard = no_grad();
        var watch = Stopwatch.StartNew();
        var steps = 0;
        using var decoder = new ChunkDecoder(codec, 10, 0);
        var request = LMRows.Request(lm, 100, batch, out var text);
        using var generator = new TokenGenerator(lm, request);
        while (true)
        {
            var chunks = generator.Step().SelectMany(decoder.Add).ToList();
            steps++;
            if (chunks.Count > 0)
            {
                chunks.ForEach(chunk => chunk.Dispose());
                break;
            }
        }

        var first = watch.Elapsed.TotalMilliseconds;
        text.Dispose();
        return (first, steps);
    }
}
