namespace AudioCraft.Cli.Devices;

/// <summary>What to do about what was found, in plain words. Empty where all is well.</summary>
internal static class Advice
{
    private const string Cuda = "the package TorchSharp-cuda-linux or TorchSharp-cuda-windows in place of TorchSharp-cpu, or build with -p:TorchBackend=cuda-linux or cuda-windows";

    private const string Older = "the system's C or C++ library is older than this libtorch needs, or another program's (Anaconda's, for instance) is found first: use a newer system or container, or take that program out of LD_LIBRARY_PATH";

    public static IEnumerable<string> For(Machine machine, Libtorch libtorch)
    {
        if (!libtorch.Loads)
        {
            yield return libtorch.TorchSharp is null
                ? "This build computes with the machine's own libtorch. On Debian and Ubuntu: apt-get install libtorch-dev libopenblas0-pthread, then eng/setup.sh, and build again: it fits the libtorch that it was built with, no other."
                : IsMismatch(libtorch.Problem)
                    ? $"A libtorch is there and is not the one that TorchSharp {libtorch.TorchSharp} was built for. All of TorchSharp's packages must have the same version: reference TorchSharp-cpu (or -cuda-…) {libtorch.TorchSharp}, remove other libtorch folders from PATH or LD_LIBRARY_PATH, delete bin and obj, build again."
                    : IsTooOld(libtorch.Problem)
                    ? $"A libtorch is there and does not load: {Older}."
                    : $"The application has to bring libtorch: reference the package TorchSharp-cpu, TorchSharp-cuda-linux or TorchSharp-cuda-windows, version {libtorch.TorchSharp}, in the project that is run (a library's reference is not enough), and build again.";
            // TorchSharp calls its package missing, whatever the loader found wrong with what is in it.
            if (libtorch.TorchSharp is not null && OperatingSystem.IsLinux() && !IsTooOld(libtorch.Problem))
            {
                yield return $"Where the package is there, `ldd` of its libLibTorchSharp.so (runtimes/linux-x64/native beside the program) shows what it lacks. If that is GLIBC or GLIBCXX: {Older}.";
            }

            if (OperatingSystem.IsWindows())
            {
                yield return "On Windows libtorch also needs the Microsoft Visual C++ runtime (vc_redist.x64).";
            }

            yield break;
        }

        if (machine.GpuDriver is not null && !libtorch.HasCuda)
        {
            yield return libtorch.BuiltForCuda
                ? "There is an NVIDIA driver and a libtorch for CUDA, yet no GPU is found: the driver may be older than the libtorch's CUDA (TorchSharp 0.106: CUDA 12.8, driver 570 or later), or CUDA_VISIBLE_DEVICES hides it."
                : $"There is an NVIDIA driver, and this libtorch is for CPUs alone. To compute on the GPU use {Cuda}.";
        }

        if (libtorch.TorchSharp is not null && !libtorch.HasCuda && !OperatingSystem.IsWindows() && machine.WaitPolicy is null)
        {
            yield return "With few cores OMP_WAIT_POLICY=PASSIVE in the environment makes some models twice as fast.";
        }

        if (!machine.HasSoundFile)
        {
            yield return "For FLAC, OGG and MP3 install libsndfile. Debian and Ubuntu: apt-get install libsndfile1. macOS: brew install libsndfile. Windows: put sndfile.dll beside the application.";
        }
    }

    private static bool IsTooOld(string? problem) => problem?.Contains("GLIBC", StringComparison.Ordinal) == true;

    private static bool IsMismatch(string? problem) => problem is not null
        && (problem.Contains("entry point", StringComparison.OrdinalIgnoreCase) || problem.Contains("undefined symbol", StringComparison.OrdinalIgnoreCase)
            || problem.Contains("procedure could not be found", StringComparison.OrdinalIgnoreCase) || problem.Contains("incorrect format", StringComparison.OrdinalIgnoreCase));
}
