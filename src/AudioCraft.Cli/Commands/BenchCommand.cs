using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using AudioCraft.Cli.Display;
using AudioCraft.Cli.Generation;
using AudioCraft.Cli.Options;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Cli.Commands;

/// <summary>Measures the speed of a model on this machine.</summary>
internal static class BenchCommand
{
    public static Command Create(ToolConsole console)
    {
        var command = new Command("bench", "Measures the decoding steps per second of a model and its speed of generating, encoding and decoding relative to real time");
        var model = new ModelOptions(command, "The model");
        var seconds = NumberOption.Decimal(["--seconds"], "seconds", "Length of the audio in seconds [5]", 0, 600, above: true);
        var runs = NumberOption.Whole(["--runs"], "number", "Measured runs, after one warm-up run; the median is reported [3]", 1, 1000);
        command.Add(seconds);
        command.Add(runs);
        command.SetAction(async (line, cancellationToken) =>
        {
            var (length, count) = (line.GetValue(seconds) ?? 5, line.GetValue(runs) ?? 3);
            var name = model.Name(line)!;
            var result = await ProgressBars.RunAsync(console, async bars =>
            {
                var options = model.Read(line, console);
                var watch = Stopwatch.StartNew();
                using var loaded = await GenerativeModels.LoadAsync(name, options, bars, cancellationToken).ConfigureAwait(false);
                var loading = watch.Elapsed.TotalSeconds;
                return await Task.Run(() => Measure(loaded, name, options.Precision, loading, length, count, bars, cancellationToken), cancellationToken).ConfigureAwait(false);
            }).ConfigureAwait(false);
            console.Result(result, BenchResult.Lines);
            return ExitCode.Success;
        });
        return command;
    }

    private static BenchResult Measure(BaseGenModel model, string name, ModelPrecision precision, double loading, double length, int runs, ProgressBars bars, CancellationToken cancellationToken)
    {
        List<double> steps = [], generating = [], encoding = [], decoding = [];
        using var guard = no_grad();
        var codec = model.CompressionModel;
        var parameters = model.GenerationParams with { Duration = length, Seed = 1 };
        for (var run = -1; run < runs; run++)
        {
            using var scope = NewDisposeScope();
            var clock = new StepClock(bars.Steps("Measuring", run + 1, runs + 1));
            var (generated, _) = Timed(() => model.Generate("rain", parameters, clock, cancellationToken));
            using Scalar level = 0.1;
            var sound = randn(1, codec.Channels, (long)(length * codec.SampleRate), device: model.Device).mul(level);
            var (encoded, (codes, scale)) = Timed(() => codec.Encode(sound));
            cancellationToken.ThrowIfCancellationRequested();
            var (decoded, _) = Timed(() => codec.Decode(codes, scale).cpu());
            cancellationToken.ThrowIfCancellationRequested();
            if (run >= 0)
            {
                steps.Add(clock.StepsPerSecond);
                generating.Add(length / generated);
                encoding.Add(length / encoded);
                decoding.Add(length / decoded);
            }
        }

        return new BenchResult(
            name, $"{model.Device}", $"{precision}".ToLowerInvariant(), get_num_threads(), length, runs, Math.Round(loading, 3),
            Median(steps), Median(generating), Median(encoding), Median(decoding));
    }

    private static (double Seconds, T Result) Timed<T>(Func<T> work)
    {
        var watch = Stopwatch.StartNew();
        var result = work();
        return (watch.Elapsed.TotalSeconds, result);
    }

    private static double Median(List<double> values) => Math.Round(values.Order().ElementAt(values.Count / 2), 2);

    /// <summary>Measures the time from the first to the last decoding step.</summary>
    private sealed class StepClock(IProgress<GenerationProgress> shown) : IProgress<GenerationProgress>
    {
        private long first, last;
        private int steps;

        public double StepsPerSecond => steps / Math.Max(Stopwatch.GetElapsedTime(first, last).TotalSeconds, 1e-9);

        public void Report(GenerationProgress value)
        {
            last = Stopwatch.GetTimestamp();
            (first, steps) = first == 0 ? (last, 0) : (first, steps + 1);
            shown.Report(value);
        }
    }
}

/// <summary>The result of the benchmark.</summary>
/// <param name="Model">The model.</param>
/// <param name="Device">The device.</param>
/// <param name="Precision">The precision of the weights.</param>
/// <param name="Threads">The number of CPU threads.</param>
/// <param name="Seconds">The length of the audio.</param>
/// <param name="Runs">The number of measured runs.</param>
/// <param name="LoadSeconds">The loading time.</param>
/// <param name="StepsPerSecond">Decoding steps per second.</param>
/// <param name="Generating">Seconds of generated audio per second.</param>
/// <param name="Encoding">Seconds of encoded audio per second.</param>
/// <param name="Decoding">Seconds of decoded audio per second.</param>
internal sealed record BenchResult(
    string Model, string Device, string Precision, int Threads, double Seconds, int Runs, double LoadSeconds,
    double StepsPerSecond, double Generating, double Encoding, double Decoding)
{
    public static IEnumerable<string> Lines(BenchResult r) =>
    [
        string.Create(CultureInfo.InvariantCulture, $"model        {r.Model}, {r.Precision}, on {r.Device} with {Plural.Of(r.Threads, "thread")}, loaded in {r.LoadSeconds:0.0} s"),
        string.Create(CultureInfo.InvariantCulture, $"steps        {r.StepsPerSecond:0.0} per second"),
        string.Create(CultureInfo.InvariantCulture, $"generating   {r.Generating:0.00} x real time"),
        string.Create(CultureInfo.InvariantCulture, $"encoding     {r.Encoding:0.0} x real time"),
        string.Create(CultureInfo.InvariantCulture, $"decoding     {r.Decoding:0.0} x real time"),
        string.Create(CultureInfo.InvariantCulture, $"             (median of {Plural.Of(r.Runs, "run")} of {r.Seconds:0.##} s)"),
    ];
}
