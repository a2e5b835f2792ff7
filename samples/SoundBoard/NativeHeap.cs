using System.Runtime.InteropServices;

namespace SoundBoard;

/// <summary>The heap of the C library, which contains the tensors. glibc keeps freed memory for later allocations of the same thread.</summary>
internal static class NativeHeap
{
    private static readonly Func<nuint, int>? TrimFunction = Find();

    /// <summary>Returns free memory to the system. Does nothing except on Linux with glibc.</summary>
    public static void Trim() => TrimFunction?.Invoke(0);

    private static Func<nuint, int>? Find() =>
        OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out var library) && NativeLibrary.TryGetExport(library, "malloc_trim", out var trim)
            ? Marshal.GetDelegateForFunctionPointer<MallocTrim>(trim).Invoke
            : null;

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int MallocTrim(nuint pad);
}
