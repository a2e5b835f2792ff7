using System.Globalization;

namespace AudioCraft.Tests;

/// <summary>The process's resident memory from Linux's /proc. Other threads (JIT, garbage collector) and libtorch's allocator add up to 25 MB of noise.</summary>
internal static class ResidentMemory
{
    public static bool CanMeasure => OperatingSystem.IsLinux();

    public static long Current => Status("VmRSS");

    /// <summary>Resets the peak to the current use and returns that use, in bytes.</summary>
    public static long ResetPeak()
    {
        GC.Collect();
        File.WriteAllText("/proc/self/clear_refs", "5");
        return Status("VmRSS");
    }

    /// <summary>The highest use since the last reset, in bytes. May be below the value at the reset if memory was returned meanwhile.</summary>
    public static long Peak => Status("VmHWM");

    /// <summary>Bytes by which <paramref name="action"/> raises the peak. Runs up to three times until the result is within the limit: noise differs between runs, real use does not.</summary>
    public static long PeakOf(Action action, long limit)
    {
        var smallest = long.MaxValue;
        for (var attempt = 0; attempt < 3 && smallest > limit; attempt++)
        {
            var before = ResetPeak();
            action();
            smallest = Math.Min(smallest, Peak - before);
        }

        return smallest;
    }

    private static long Status(string field)
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(field + ":", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(field.Length + 1, line.Length - field.Length - 4).Trim(), CultureInfo.InvariantCulture) << 10;
    }
}
