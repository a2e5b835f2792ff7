using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace AudioCraft.Cli.Devices;

/// <summary>The machine as .NET sees it, without libtorch.</summary>
/// <param name="System">Operating system and processor architecture.</param>
/// <param name="DotNet">The runtime.</param>
/// <param name="Cores">Logical processors that this process may use.</param>
/// <param name="Vectors">The widest vector instructions, in bits, and their name.</param>
/// <param name="MemoryBytes">Memory that this process may use.</param>
/// <param name="FreeMemoryBytes">What of it is free now; null where the system does not say.</param>
/// <param name="GpuDriver">NVIDIA's driver; null where there is none.</param>
/// <param name="HasSoundFile">Whether libsndfile is there, through which FLAC, OGG and MP3 go.</param>
/// <param name="WaitPolicy">OMP_WAIT_POLICY of the environment.</param>
internal sealed record Machine(
    string System, string DotNet, int Cores, string Vectors, long MemoryBytes, long? FreeMemoryBytes, string? GpuDriver, bool HasSoundFile, string? WaitPolicy)
{
    private const string DriverOnLinux = "/proc/driver/nvidia/version", MemoryOnLinux = "/proc/meminfo";

    private static readonly string[] SoundFileNames = ["libsndfile.so.1", "libsndfile.1.dylib", "/opt/homebrew/lib/libsndfile.dylib", "sndfile", "libsndfile-1"];

    public static Machine Probe() => new(
        $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}", RuntimeInformation.FrameworkDescription, Environment.ProcessorCount,
        VectorsOf(), GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, FreeMemory(), Driver(), Array.Exists(SoundFileNames, CanLoad),
        Environment.GetEnvironmentVariable("OMP_WAIT_POLICY"));

    /// <summary>The lines that people read.</summary>
    public IEnumerable<string> Lines() =>
    [
        $"system       {System}",
        $".NET         {DotNet}",
        $"processors   {Cores}, {Vectors}",
        string.Create(CultureInfo.InvariantCulture, $"memory       {MemoryBytes / 1e9:0.0} GB{(FreeMemoryBytes is { } free ? string.Create(CultureInfo.InvariantCulture, $", {free / 1e9:0.0} GB free") : "")}"),
        $"NVIDIA       {GpuDriver ?? "no driver"}",
        $"libsndfile   {(HasSoundFile ? "is there: FLAC, OGG, Opus, MP3 and AIFF are read and written" : "is not there: WAV alone is read and written")}",
    ];

    private static string VectorsOf() =>
        Avx512F.IsSupported ? $"AVX-512{(Vector512.IsHardwareAccelerated ? "" : " (not used by .NET here)")}" : Avx2.IsSupported ? "AVX2" : Avx.IsSupported ? "AVX" : AdvSimd.IsSupported ? "NEON" : "no vector instructions that matter";

    private static long? FreeMemory()
    {
        if (!File.Exists(MemoryOnLinux))
        {
            return null;
        }

        var line = File.ReadLines(MemoryOnLinux).FirstOrDefault(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal));
        return line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var number, ..] && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var kilobytes)
            ? kilobytes * 1024
            : null;
    }

    private static string? Driver()
    {
        if (OperatingSystem.IsWindows())
        {
            var library = Path.Combine(Environment.SystemDirectory, "nvcuda.dll");
            return File.Exists(library) ? $"driver {FileVersionInfo.GetVersionInfo(library).FileVersion}" : null;
        }

        return File.Exists(DriverOnLinux) ? File.ReadLines(DriverOnLinux).FirstOrDefault()?.Trim() : CanLoad("libcuda.so.1") ? "driver" : null;
    }

    private static bool CanLoad(string name)
    {
        if (!NativeLibrary.TryLoad(name, typeof(Machine).Assembly, null, out var handle))
        {
            return false;
        }

        NativeLibrary.Free(handle);
        return true;
    }
}
