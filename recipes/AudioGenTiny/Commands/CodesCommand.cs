using System.Diagnostics;
using AudioCraft;
using TorchSharp;

namespace AudioGenTiny.Recipe;

/// <summary>Encodes synthetic sounds.</summary>
internal static class CodesCommand
{
    public static Command Command { get; } = new("codes", """
        codes --codec DIR --out FILE --count N [--seed S] [--kinds A,B,…] [--seconds S] [--batch N] [--threads N] [--held-out 1]
            Generates N synthetic sounds and encodes them, as training data of `lm`.
            --seed S       seed of the first sound (0)
            --kinds A,B    only these kinds (Siren,Whistle,…)
            --seconds S    length of each sound (5)
            --held-out 1   descriptions that do not occur in training, for --valid
        """, Run);

    private static void Run(Options options, CancellationToken cancellationToken)
    {
        var (codecName, output, count) = (options.Text("--codec"), options.Text("--out"), options.Whole("--count", 0));
        var (first, seconds, batch, threads) = (options.Whole("--seed", 0), options.Number("--seconds", 5), options.Whole("--batch", 4), options.Whole("--threads", 0));
        var wording = options.Whole("--held-out", 0) == 0 ? SoundWording.Training : SoundWording.HeldOut;
        var kinds = options.TextOrNull("--kinds")?.Split(',').Select(Kind).ToHashSet();
        options.RefuseOthers();
        if (threads > 0)
        {
            torch.set_num_threads(threads);
        }

        using var codec = CompressionModel.GetPretrained(codecName, torch.CPU);
        var watch = Stopwatch.StartNew();
        var reported = 0;
        var requests = Enumerable.Range(first, int.MaxValue - first).Select(seed => (Seed: seed, Request: Descriptions.Request(seed)));
        var sounds = requests.Where(r => kinds?.Contains(r.Request.Kind) ?? true).Take(count)
            .Select(r => (SoundSynthesizer.Generate(r.Request, r.Seed, codec.SampleRate, seconds), Descriptions.Of(r.Request, r.Seed, wording)));
        var data = CodeDataset.Encode(codec, sounds, batch, new Report(done =>
        {
            if (done - reported >= 100)
            {
                reported = done;
                Console.WriteLine($"{done}/{count}  {done / watch.Elapsed.TotalSeconds:0.0} sounds/s");
            }
        }), cancellationToken);
        data.Save(output);
        Console.WriteLine($"{output}: {data.Items.Count} sounds in {watch.Elapsed:hh\\:mm\\:ss}");
    }

    private static SoundKind Kind(string name) =>
        Enum.TryParse<SoundKind>(name, out var kind) && Enum.IsDefined(kind) ? kind : throw new FormatException($"--kinds must be from {string.Join(", ", SoundCatalog.Kinds)}, not '{name}'.");

    // Unlike Progress<T>, reports in order.
    private sealed class Report(Action<int> report) : IProgress<int>
    {
        void IProgress<int>.Report(int value) => report(value);
    }
}
