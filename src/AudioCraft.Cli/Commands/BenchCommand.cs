using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using AudioCraft.Cli.Display;
using AudioCraft.Cli.Options;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Cli.Commands;

/// <summary>Measures the speed of a model on this machine.</summary>
internal static class BenchCommand
{
    public static Command Create(Shell shell, Option<bool> json)
    {
        var command = new Command("bench", "Measures the decoding steps per second of a model and its speed of generating, encoding and decoding relative to real time");
        var model = new ModelOptions(command, "The model");
        var seconds = new Option<double>("--seconds") { Description = "Length of the audio in seconds", DefaultValueFactory = _ => 5 };
        var runs = new Option<int>("--runs") { Description = "Measured runs, after one warm-up run; the median is reported", DefaultValueFactory = _ => 3 };
        command.Add(seconds);
        command.Add(runs);
        command.SetAction(async (line, cancellationToken) =>
        {
            var (length, count) = (line.GetValue(seconds), line.GetValue(runs));
            if (!(length > 0 && length <= 600) || count is < 1 or > 1000)
            {
                throw new UsageException("--seconds takes more than 0 and at most 600, --runs 1 to 1000.");
            }

            var name = model.Name(line)!;
            var result = await Bars.RunAsync(shell, async bars =>
            {
                var options = model.Read(line);
                var watch = Stopwatch.StartNew();
                using var loaded = await GenerativeModels.LoadAsync(name, options, bars, cancellationToken).ConfigureAwait(false);
                var loading = watch.Elapsed.TotalSeconds;
                return await Task.Run(() => Measure(loaded, name, options.Precision, loading, length, count, bars, cancellationToken), cancellationToken).ConfigureAwait(false);
            }).ConfigureAwait(false);
            shell.Result(line.GetValue(json), result, BenchResult.Lines);
            return ExitCode.Success;
        });
        return command;
    }

    private static BenchResult Measure(BaseGenModel model, string name, ModelPrecision precision, double loading, double length, int runs, Bars bars, CancellationToken cancellationToken)
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
            var sound = randn(1, codec.Channels, (long)(length * codec.SampleRate), device: model.Device) * 0.1;
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
        string.Create(CultureInfo.InvariantCulture, $"model        {r.Model}, {r.Precision}, on {r.Device} with {r.Threads} thread(s), loaded in {r.LoadSeconds:0.0} s"),
        string.Create(CultureInfo.InvariantCulture, $"steps        {r.StepsPerSecond:0.0} per second"),
        string.Create(CultureInfo.InvariantCulture, $"generating   {r.Generating:0.00} x real time"),
        string.Create(CultureInfo.InvariantCulture, $"encoding     {r.Encoding:0.0} x real time"),
        string.Create(CultureInfo.InvariantCulture, $"decoding     {r.Decoding:0.0} x real time"),
        string.Create(CultureInfo.InvariantCulture, $"             (median of {r.Runs} runs of {r.Seconds:0.##} s)"),
    ];
}
