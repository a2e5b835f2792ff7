using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;

namespace AudioCraft.Benchmarks;

/// <summary>Describes the machine.</summary>
internal static class Machine
{
    public static string Describe() =>
        $"{DateTime.Now.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)}, {Processor()}, {Environment.ProcessorCount} logical cores; {RuntimeInformation.OSDescription.Trim()}; "
        + $"{RuntimeInformation.FrameworkDescription}; libtorch {torch.__version__}";

    /// <summary>The memory of this process in bytes on Linux: <c>VmRSS</c> for the current value, <c>VmHWM</c> for the peak.</summary>
    public static long Memory(string field)
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(field + ":", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(field.Length + 1).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) << 10;
    }

    private static string Processor()
    {
        const string File = "/proc/cpuinfo";
        var line = System.IO.File.Exists(File) ? System.IO.File.ReadLines(File).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
