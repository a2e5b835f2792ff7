using System.Diagnostics;
using System.Globalization;
using TorchSharp;

namespace AudioCraft.Benchmarks;

/// <summary>Times rows here and in the peer, run by run in turn, and prints a table.</summary>
/// <param name="threads">Threads that libtorch may use on either side.</param>
/// <param name="repeats">Timed runs of each side, after one that is not timed.</param>
/// <param name="withPeer">Whether there is a PyTorch to compare with.</param>
/// <param name="cpuTime">
/// Whether processor time is measured instead of time that passes. With one thread that is the same on an idle machine, and still says something on a busy one.
/// </param>
internal sealed class Harness(int threads, int repeats, bool withPeer, bool cpuTime)
{
    /// <summary>Times one row.</summary>
    public (Timing Ours, Timing? Peers) Measure(Row row)
    {
        torch.set_num_threads(threads);
        using var peer = withPeer && row.PeerScript is not null ? Peer.Start(row.PeerScript, row.Name, threads) : null;
        using var workload = row.Prepare();
        workload.Run();
        peer?.Run(cpuTime);
        List<double> ours = [], peers = [];
        for (var i = 0; i < repeats; i++)
        {
            ours.Add(Time(workload.Run));
            if (peer is not null)
            {
                peers.Add(peer.Run(cpuTime));
            }
        }

        return (new Timing(ours), peer is null ? null : new Timing(peers));
    }

    /// <summary>Times rows and prints each as a line of a markdown table as soon as it is known.</summary>
    public void Print(IEnumerable<Row> rows)
    {
        Console.WriteLine("| row | threads | unit | ours, median (best) | PyTorch, median (best) | ratio of medians (of bests) |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var row in rows)
        {
            var (ours, peers) = Measure(row);
            var theirs = peers is null ? withPeer ? "no peer" : "not installed" : Figures(row.Work, peers);
            var ratio = peers is null ? "" : $"{Number(peers.Median / ours.Median)} ({Number(peers.Best / ours.Best)})";
            Console.WriteLine($"| {row.Name} | {threads} | {row.Unit} | {Figures(row.Work, ours)} | {theirs} | {ratio} |");
        }
    }

    private double Time(Action run)
    {
        var clock = Stopwatch.StartNew();
        var before = Environment.CpuUsage.TotalTime;
        run();
        return cpuTime ? (Environment.CpuUsage.TotalTime - before).TotalSeconds : clock.Elapsed.TotalSeconds;
    }

    private static string Figures(double work, Timing timing) => $"{Number(work / timing.Median)} ({Number(work / timing.Best)})";

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
