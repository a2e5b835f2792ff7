using System.Globalization;

namespace AudioCraft.Generation;

/// <summary>The main memory that this process can still allocate.</summary>
internal static class AvailableMemory
{
    private const string MemoryOnLinux = "/proc/meminfo", Line = "MemAvailable:";

    /// <summary>What the system reports as available, at most the rest of the container's limit; null where the system does not report it.</summary>
    public static long? Reported() => File.Exists(MemoryOnLinux) ? Reported(File.ReadLines(MemoryOnLinux), Unused()) : null;

    /// <summary>The available bytes; where the system does not report them, the memory that this process does not use.</summary>
    public static long Bytes() => Reported() ?? Unused();

    /// <param name="lines">The lines of <c>/proc/meminfo</c>.</param>
    /// <param name="limit">The largest result.</param>
    internal static long? Reported(IEnumerable<string> lines, long limit)
    {
        var line = lines.FirstOrDefault(line => line.StartsWith(Line, StringComparison.Ordinal));
        return line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var number, ..] && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var kibibytes)
            ? Math.Min(kibibytes * 1024, limit)
            : null;
    }

    /// <summary>The machine's or the container's memory without what this process uses.</summary>
    private static long Unused() => Math.Max(0, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - Environment.WorkingSet);
}
