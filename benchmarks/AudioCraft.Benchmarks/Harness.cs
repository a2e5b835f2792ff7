using System.Diagnostics;
using System.Globalization;
using TorchSharp;

namespace AudioCraft.Benchmarks;

/// <summary>Measures rows with this library, the baseline and the peer, alternating after each run, and prints a table.</summary>
/// <param name="repeats">Timed runs of each, after one untimed run whose results are compared.</param>
/// <param name="withPeer">Whether the Python peer is measured.</param>
/// <param name="cpuTime">
/// Whether processor time is measured instead of elapsed time. With one thread both are equal on an idle machine, and processor time remains meaningful on a busy one.
/// </param>
/// <param name="small">Whether rows have small shapes, to check that everything runs, not to measure.</param>
internal sealed class Harness(int repeats, bool withPeer, bool cpuTime, bool small)
{
    /// <summary>Rows whose runs together take longer than this are measured three times.</summary>
    private static readonly TimeSpan LongRow = TimeSpan.FromSeconds(2);

    /// <summary>Measures rows and prints each as a row of a Markdown table when it is complete.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="threads">Threads of each implementation.</param>
    public void Print(IEnumerable<Row> rows, int threads)
    {
        torch.set_num_threads(threads);
        var peerColumns = withPeer ? " PyTorch, median (best) | ratio to PyTorch |" : "";
        Console.WriteLine($"| row | threads | unit | ours, median (best) | baseline, median (best) | ratio of medians (of bests) | largest difference |{peerColumns}");
        Console.WriteLine($"|---|---|---|---|---|---|---|{(withPeer ? "---|---|" : "")}");
        foreach (var row in rows)
        {
            Console.WriteLine(Line(row, threads));
        }
    }

    private string Line(Row row, int threads)
    {
        if (!small)
        {
            // The results of both implementations are compared with a small shape before any measurement, and again with the real shape.
            using var check = row.Prepare(true);
            check.Compare?.Invoke();
        }

        using var workload = row.Prepare(small);
        var difference = workload.Compare?.Invoke();
        using var peer = withPeer && !small && row.PeerScript is not null ? Peer.Start(row.PeerScript, row.Name, threads) : null;
        if (workload.Compare is null)
        {
            workload.Run();
        }

        peer?.Run(cpuTime);
        var count = repeats;
        List<double> ours = [], baseline = [], peers = [];
        while (ours.Count < count)
        {
            var clock = Stopwatch.StartNew();
            ours.Add(Time(workload.Run));
            if (workload.Baseline is not null)
            {
                baseline.Add(Time(workload.Baseline));
            }

            count = clock.Elapsed > LongRow ? Math.Min(repeats, Math.Max(3, ours.Count)) : count;
            if (peer is not null)
            {
                peers.Add(peer.Run(cpuTime));
            }
        }

        var own = new Timing(ours);
        var line = $"| {row.Name} | {threads} | {row.Unit} | {Figures(workload.Work, own)} | {Beside(workload.Work, own, baseline)} | {Text(difference)} |";
        return withPeer ? $"{line} {Beside(workload.Work, own, peers)} |" : line;
    }

    private static string Beside(double work, Timing ours, List<double> seconds)
    {
        if (seconds.Count == 0)
        {
            return " | ";
        }

        var other = new Timing(seconds);
        return $"{Figures(work, other)} | {Number(other.Median / ours.Median)} ({Number(other.Best / ours.Best)})";
    }

    private double Time(Action run)
    {
        var clock = Stopwatch.StartNew();
        var before = Environment.CpuUsage.TotalTime;
        run();
        return cpuTime ? (Environment.CpuUsage.TotalTime - before).TotalSeconds : clock.Elapsed.TotalSeconds;
    }

    private static string Text(double? difference) => difference?.ToString("0.0E+0", CultureInfo.InvariantCulture) ?? "";

    private static string Figures(double work, Timing timing) => $"{Number(work / timing.Median)} ({Number(work / timing.Best)})";

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
