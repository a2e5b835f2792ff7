using System.Diagnostics;

namespace AudioCraft.Tests;

/// <summary>
/// The processor time of this process since <see cref="StartNew"/>. Limits for the work that malicious input causes are tested with it:
/// unlike elapsed time, it does not depend on other processes.
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
