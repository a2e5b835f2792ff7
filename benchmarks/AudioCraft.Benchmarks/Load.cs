using System.Globalization;

namespace AudioCraft.Benchmarks;

/// <summary>Measures the processor use of other processes (Linux), to detect results from a busy machine.</summary>
internal sealed class Load
{
    private const string Statistics = "/proc/stat";

    /// <summary>The limit as a fraction of all processors. The system's own activity stays below it.</summary>
    private const double Idle = 0.05;

    private readonly (TimeSpan Busy, TimeSpan All)? start = Times();
    private readonly TimeSpan ownStart = Environment.CpuUsage.TotalTime;

    /// <summary>The use by other processes since construction, as a fraction of all processors; null if unknown.</summary>
    public double? OfOthers()
    {
        if (start is not { } before || Times() is not { } now || now.All <= before.All)
        {
            return null;
        }

        var own = Environment.CpuUsage.TotalTime - ownStart;
        return Math.Max(0, (now.Busy - before.Busy - own) / (now.All - before.All));
    }

    /// <summary>Measures for two seconds and describes the load.</summary>
    public static string Describe()
    {
        var load = new Load();
        Thread.Sleep(2000);
        return load.OfOthers() is { } others
            ? string.Create(CultureInfo.InvariantCulture, $"{(others > Idle ? "**NOT IDLE**" : "idle")}: other processes use {others:P0} of the processors, load average {Average()}")
            : "load unknown";
    }

    /// <summary>Describes the load since construction.</summary>
    public string Summary() => OfOthers() is { } others
        ? string.Create(CultureInfo.InvariantCulture, $"During the measurement, other processes used {others:P1} of the processors{(others > Idle ? " (**NOT IDLE**)" : "")}.")
        : "";

    private static string Average() => string.Join(", ", File.ReadAllText("/proc/loadavg").Split(' ')[..3]);

    // user, nice, system, idle, iowait, irq, softirq, steal: hundredths of a second of all processors since boot.
    private static (TimeSpan Busy, TimeSpan All)? Times()
    {
        if (!File.Exists(Statistics))
        {
            return null;
        }

        var ticks = File.ReadLines(Statistics).First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..9]
            .Select(field => long.Parse(field, CultureInfo.InvariantCulture)).ToArray();
        TimeSpan Of(long count) => TimeSpan.FromMilliseconds(10 * count);
        return (Of(ticks.Sum() - ticks[3] - ticks[4]), Of(ticks.Sum()));
    }
}
