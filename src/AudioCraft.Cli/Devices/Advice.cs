namespace AudioCraft.Cli.Devices;

/// <summary>What to do about the problems that were found. Empty if there are none.</summary>
internal static class Advice
{
    private const string Cuda = "the package TorchSharp-cuda-linux or TorchSharp-cuda-windows instead of a CPU package, or build with -p:TorchBackend=cuda-linux or cuda-windows";

    private const string Older = "The system's C or C++ library is older than this libtorch needs, or an older one (Anaconda's, for example) is found first. Build the application on this system with "
        + "-p:AudioCraftOlderLinux=true, take the older library out of LD_LIBRARY_PATH, or use a newer system (Debian 13, Ubuntu 24.04, RHEL 10).";

    public static IEnumerable<string> For(Machine machine, Libtorch libtorch)
    {
        if (!libtorch.Loads)
        {
            yield return IsTooOld(libtorch.Problem) ? Older
                : IsDamaged(libtorch.Problem)
                ? "The installation is damaged or incomplete. Install the tool again (dotnet tool uninstall and install); for an application, delete bin, obj and the folders of torchsharp and libtorch-cpu in the NuGet cache, and build again."
                : libtorch.TorchSharp is null
                ? "TorchSharp.dll is missing: install the tool again, or build the application again."
                : IsMismatch(libtorch.Problem)
                ? $"libtorch was found, but not the version that TorchSharp {libtorch.TorchSharp} was built for. All TorchSharp packages must have the same version: reference TorchSharp-cpu (or -cuda-…) {libtorch.TorchSharp}, remove other libtorch folders from PATH or LD_LIBRARY_PATH, delete bin and obj, and build again."
                : $"The application must include libtorch: reference TorchSharp-cpu, TorchSharp-cuda-linux or TorchSharp-cuda-windows, version {libtorch.TorchSharp}, in the project that is run (a library's reference is not enough), and build again.";
            if (OperatingSystem.IsWindows())
            {
                yield return "On Windows libtorch also needs the Microsoft Visual C++ runtime (vc_redist.x64).";
            }

            yield break;
        }

        if (machine.GpuDriver is not null && !libtorch.HasCuda)
        {
            yield return libtorch.BuiltForCuda
                ? "There is an NVIDIA driver and a libtorch with CUDA, but no GPU was found: the driver may be older than CUDA 12.8 needs (570 or later), or CUDA_VISIBLE_DEVICES hides the GPU."
                : $"There is an NVIDIA driver, but this libtorch is for CPUs only. To use the GPU, reference {Cuda}.";
        }

        if (!machine.HasSoundFile)
        {
            yield return "For FLAC, Opus and AIFF, and to write compressed files, install libsndfile. Debian and Ubuntu: apt-get install libsndfile1. macOS: brew install libsndfile.";
        }
    }

    private static bool IsTooOld(string? problem) => problem?.Contains("GLIBC", StringComparison.Ordinal) == true;

    private static bool IsDamaged(string? problem) => problem is not null
        && (problem.Contains("truncated", StringComparison.Ordinal) || problem.Contains("is not a library for", StringComparison.Ordinal)
            || problem.Contains("file too short", StringComparison.Ordinal) || problem.Contains("invalid ELF header", StringComparison.Ordinal)
            || problem.Contains("cannot open shared object file", StringComparison.Ordinal));

    private static bool IsMismatch(string? problem) => problem is not null
        && (problem.Contains("entry point", StringComparison.OrdinalIgnoreCase) || problem.Contains("undefined symbol", StringComparison.OrdinalIgnoreCase)
            || problem.Contains("procedure could not be found", StringComparison.OrdinalIgnoreCase) || problem.Contains("incorrect format", StringComparison.OrdinalIgnoreCase));
}
