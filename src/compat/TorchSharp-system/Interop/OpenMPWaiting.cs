using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>
/// How libtorch's OpenMP threads wait for work. By default they spin for a while after each parallel operation, on cores that other threads want:
/// those of the BLAS and of the program. With two cores that halves the speed of models that alternate between them (benchmarks/README.md).
/// </summary>
internal static partial class OpenMPWaiting
{
    private const string Policy = "OMP_WAIT_POLICY";

    /// <summary>
    /// Makes them sleep instead, unless the environment says otherwise. It must come before libtorch is loaded, and in the process's own environment:
    /// .NET's <see cref="Environment.SetEnvironmentVariable(string, string?)"/> changes a copy on Unix.
    /// </summary>
    public static void Passive()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        _ = SetEnvironment(Policy, "PASSIVE", overwrite: 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
