using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AudioCraft.Tests.Kernels;

[Collection(ProcessWideState.Name)]
public partial class OpenMPWaitPolicyTests
{
    [Fact]
    public void OMP_WAIT_POLICY_is_set_in_the_environment_of_native_code_when_the_library_is_first_used()
    {
        RuntimeHelpers.RunModuleConstructor(typeof(AudioGen).Module.ModuleHandle);

        var value = OperatingSystem.IsWindows() ? Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") : Marshal.PtrToStringUTF8(GetEnvironment("OMP_WAIT_POLICY"));

        // A value that was set before the process started is kept.
        Assert.Equal(Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") ?? "PASSIVE", value);
    }

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetEnvironment(string name);
}
