using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AudioCraft.Kernels;

/// <summary>
/// How libtorch's OpenMP threads wait for work. By default they spin for a while after each parallel operation, on cores that the kernels of this library and the
/// application need. On two cores that halves the speed of models that alternate between libtorch and the kernels.
/// </summary>
internal static partial class OpenMPWaitPolicy
{
    private const string Variable = "OMP_WAIT_POLICY";

    /// <summary>
    /// Sets <c>OMP_WAIT_POLICY=PASSIVE</c>, unless the environment already has a value. OpenMP reads it once, when libtorch is loaded, so this runs when this assembly
    /// is first used. An application that calls libtorch before it uses AudioCraft sets the variable itself.
    /// </summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255:The 'ModuleInitializer' attribute should not be used in libraries", Justification = "The variable must be set before libtorch is loaded, whatever is used first.")]
    internal static void SetPassive()
    {
        if (OperatingSystem.IsWindows())
        {
            if (Environment.GetEnvironmentVariable(Variable) is null)
            {
                Environment.SetEnvironmentVariable(Variable, "PASSIVE");
            }
        }
        else
        {
            // .NET keeps a copy of the environment on Unix; native code reads the C library's.
            _ = SetEnvironment(Variable, "PASSIVE", overwrite: 0);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
