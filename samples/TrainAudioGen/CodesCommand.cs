using System.Diagnostics;
using AudioCraft;
using AudioCraft.Training;
using TorchSharp;

namespace TrainAudioGen;

/// <summary>Turns synthetic sounds into codes.</summary>
internal static class CodesCommand
{
    public static Command Command { get; } = new("codes", """
        codes --codec DIR --out FILE --count N [--seed S] [--seconds S] [--batch N] [--threads N] [--held-out 1]
            Makes N synthetic sounds and encodes them, for `lm` to learn from.
            --seed S       the first sound's seed; sounds of other seeds are others (0)
            --seconds S    length of each (5)
            --held-out 1   in wordings that are never learnt, for --valid
        """, Run);

    private static void Run(Options options, CancellationToken cancellation)
    {
        var (codecName, output, count) = (options.Text("--codec"), options.Text("--out"), options.Whole("--count", 0));
        var (first, seconds, batch, threads) = (options.Whole("--seed", 0), options.Number("--seconds", 5), options.Whole("--batch", 4), options.Whole("--threads", 0));
        var wording = options.Whole("--held-out", 0) == 0 ? SoundWording.Training : SoundWording.HeldOut;
        options.RefuseOthers();
        if (threads > 0)
        {
            torch.set_num_threads(threads);
        }

        using var codec = CompressionModel.GetPretrained(codecName, torch.CPU);
        var watch = Stopwatch.StartNew();
        var said = 0;
        var sounds = Enumerable.Range(first, count).Select(seed =>
        {
            var request = Descriptions.Request(seed);
            return (SoundSynthesizer.Make(request, seed, codec.SampleRate, seconds), Descriptions.Of(request, seed, wording));
        });
        var data = CodeDataset.Encode(codec, sounds, batch, new Report(done =>
        {
            if (done - said >= 100)
            {
                said = done;
                Console.WriteLine($"{done}/{count}  {done / watch.Elapsed.TotalSeconds:0.0} sounds/s");
            }
        }), cancellation);
        data.Save(output);
        Console.WriteLine($"{output}: {data.Items.Count} sounds in {watch.Elapsed:hh\\:mm\\:ss}");
    }

    // Progress<T> reports from the thread pool, out of order.
    private sealed class Report(Action<int> report) : IProgress<int>
    {
        void IProgress<int>.Report(int value) => report(value);
    }
}
