using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;

namespace AudioCraft.Benchmarks;

/// <summary>What the figures were measured on.</summary>
internal static class Machine
{
    public static string Describe() =>
        $"{Processor()}, {Environment.ProcessorCount} logical cores; {RuntimeInformation.OSDescription.Trim()}; {RuntimeInformation.FrameworkDescription}; "
        + $"libtorch {torch.__version__}; BLAS: {Blas()}";

    /// <summary>Bytes that Linux counts for this process: <c>VmRSS</c> now, <c>VmHWM</c> at most so far.</summary>
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

    /// <summary>The BLAS that is mapped into this process: on Debian it is whichever the alternatives system points to.</summary>
    private static string Blas()
    {
        using var one = torch.ones(2, 2);
        torch.mm(one, one).Dispose();
        const string Maps = "/proc/self/maps";
        var libraries = File.Exists(Maps)
            ? File.ReadLines(Maps).Select(l => l.Split(' ')[^1]).Where(p => p.Contains("blas", StringComparison.OrdinalIgnoreCase) || p.Contains("mkl", StringComparison.Ordinal))
            : [];
        var names = libraries.Select(p => string.Join('/', p.Split('/')[^2..])).Distinct().ToList();
        return names.Count == 0 ? "inside libtorch" : string.Join(", ", names);
    }
}
