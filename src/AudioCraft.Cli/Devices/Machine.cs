using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text;
using AudioCraft.Generation;

namespace AudioCraft.Cli.Devices;

/// <summary>The machine as .NET reports it, without libtorch.</summary>
/// <param name="System">Operating system and processor architecture.</param>
/// <param name="DotNet">The runtime.</param>
/// <param name="Cores">Logical processors that this process may use.</param>
/// <param name="Vectors">The widest vector instructions, in bits, and their name.</param>
/// <param name="MemoryBytes">Memory that this process may use.</param>
/// <param name="FreeMemoryBytes">How much of it is free now; null where the system does not report it.</param>
/// <param name="GpuDriver">NVIDIA's driver, or null.</param>
/// <param name="HasSoundFile">Whether libsndfile is installed, which reads and writes FLAC, Ogg and MP3.</param>
/// <param name="CppLibrary">The newest symbol version of the C++ library in this process, such as 3.4.30; null outside Linux.</param>
internal sealed record Machine(
    string System, string DotNet, int Cores, string Vectors, long MemoryBytes, long? FreeMemoryBytes, string? GpuDriver, bool HasSoundFile, Version? CppLibrary)
{
    private const string DriverOnLinux = "/proc/driver/nvidia/version";

    private static readonly string[] SoundFileNames = ["libsndfile.so.1", "libsndfile.1.dylib", "/opt/homebrew/lib/libsndfile.dylib", "sndfile", "libsndfile-1"];

    public static Machine Probe() => new(
        $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}", RuntimeInformation.FrameworkDescription, Environment.ProcessorCount,
        VectorsOf(), GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, AvailableMemory.Reported(), Driver(), Array.Exists(SoundFileNames, CanLoad),
        NewestCppVersion());

    /// <summary>The lines of the report.</summary>
    public IEnumerable<string> Lines() =>
    [
        $"system       {System}",
        $".NET         {DotNet}",
        $"processors   {Cores}, {Vectors}",
        string.Create(CultureInfo.InvariantCulture, $"memory       {MemoryBytes / 1e9:0.0} GB{(FreeMemoryBytes is { } free ? string.Create(CultureInfo.InvariantCulture, $", {free / 1e9:0.0} GB free") : "")}"),
        $"NVIDIA       {GpuDriver ?? "no driver"}",
        $"libsndfile   {(HasSoundFile ? "installed: reads and writes FLAC, Ogg, Opus, MP3 and AIFF" : "not installed: only WAV, MP3 and Ogg Vorbis can be read, and only WAV written")}",
    ];

    private static string VectorsOf() =>
        Avx512F.IsSupported ? $"AVX-512{(Vector512.IsHardwareAccelerated ? "" : " (not used by .NET here)")}" : Avx2.IsSupported ? "AVX2" : Avx.IsSupported ? "AVX" : AdvSimd.IsSupported ? "NEON" : "no vector instructions that matter";

    private static string? Driver()
    {
        if (OperatingSystem.IsWindows())
        {
            var library = Path.Combine(Environment.SystemDirectory, "nvcuda.dll");
            return File.Exists(library) ? $"driver {FileVersionInfo.GetVersionInfo(library).FileVersion}" : null;
        }

        return File.Exists(DriverOnLinux) ? File.ReadLines(DriverOnLinux).FirstOrDefault()?.Trim() : CanLoad("libcuda.so.1") ? "driver" : null;
    }

    /// <summary>The newest GLIBCXX version in the libstdc++ that this process has loaded: .NET itself needs one.</summary>
    private static Version? NewestCppVersion()
    {
        const string prefix = "GLIBCXX_";
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        using var process = Process.GetCurrentProcess();
        var path = process.Modules.Cast<ProcessModule>().Select(module => module.FileName).FirstOrDefault(file => Path.GetFileName(file).StartsWith("libstdc++.so", StringComparison.Ordinal));
        return path is null
            ? null
            : Encoding.ASCII.GetString(File.ReadAllBytes(path)).Split('\0')
                .Where(text => text.StartsWith(prefix, StringComparison.Ordinal))
                .Select(text => Version.TryParse(text[prefix.Length..], out var version) ? version : null)
                .Max();
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
