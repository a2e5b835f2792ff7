using System.Diagnostics;

namespace AudioCraft.Tests;

/// <summary>
/// Processor time that this process has used since <see cref="StartNew"/>. Promises of how much work hostile input may cause are held by it:
/// unlike time on the clock, it does not depend on what else the machine is doing.
/// </summary>
internal sealed class ProcessorTime
{
    private readonly TimeSpan start = Now;

    public TimeSpan Elapsed => Now - start;

    private static TimeSpan Now
    {
        get
        {
            using var process = Process.GetCurrentProcess();
            return process.TotalProcessorTime;
        }
    }

    public static ProcessorTime StartNew() => new();
}
