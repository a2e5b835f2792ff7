using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AudioCraft.NAudio.Alsa;

/// <summary>The functions of libasound's pcm.h that are used. Negative results are errors.</summary>
internal static unsafe partial class LibAsound
{
    public const int Playback = 0;
    public const int Interleaved = 3;
    public const int Integer16 = 2;
    public const int Float = 14;

    private const string Library = NativeLibraries.Alsa;

    /// <summary>Opens a device without the messages that libasound prints to the standard error stream if there is none: the result has the error.</summary>
    public static int OpenQuietly(out nint device, string name)
    {
        // This handler is per thread; a handler of the application, which is per process, is kept.
        var previous = SetThreadErrorHandler(&IgnoreError);
        try
        {
            return Open(out device, name, Playback, 0);
        }
        finally
        {
            _ = SetThreadErrorHandler(previous);
        }
    }

    [LibraryImport(Library, EntryPoint = "snd_pcm_set_params")]
    public static partial int SetParameters(nint device, int format, int access, uint channels, uint rate, int resample, uint latencyMicroseconds);

    [LibraryImport(Library, EntryPoint = "snd_pcm_writei")]
    public static partial nint Write(nint device, ReadOnlySpan<byte> frames, nuint count);

    [LibraryImport(Library, EntryPoint = "snd_pcm_recover")]
    public static partial int Recover(nint device, int error, int silent);

    [LibraryImport(Library, EntryPoint = "snd_pcm_prepare")]
    public static partial int Prepare(nint device);

    [LibraryImport(Library, EntryPoint = "snd_pcm_drain")]
    public static partial int Drain(nint device);

    [LibraryImport(Library, EntryPoint = "snd_pcm_drop")]
    public static partial int Drop(nint device);

    [LibraryImport(Library, EntryPoint = "snd_pcm_delay")]
    public static partial int Delay(nint device, out nint frames);

    [LibraryImport(Library, EntryPoint = "snd_pcm_close")]
    public static partial int Close(nint device);

    /// <exception cref="AudioCraftException">The result is an error.</exception>
    public static void ThrowIfError(int result, string action)
    {
        if (result < 0)
        {
            throw new AudioCraftException($"ALSA cannot {action}: {Marshal.PtrToStringUTF8(ErrorText(result)) ?? $"error {result}"}.");
        }
    }

    [LibraryImport(Library, EntryPoint = "snd_pcm_open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(out nint device, string name, int direction, int mode);

    // The arguments are the file, the line, the function, the error, the format and a va_list.
    [LibraryImport(Library, EntryPoint = "snd_lib_error_set_local")]
    private static partial delegate* unmanaged[Cdecl]<nint, int, nint, int, nint, nint, void> SetThreadErrorHandler(delegate* unmanaged[Cdecl]<nint, int, nint, int, nint, nint, void> handler);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void IgnoreError(nint file, int line, nint function, int error, nint format, nint arguments)
    {
    }

    [LibraryImport(Library, EntryPoint = "snd_strerror")]
    private static partial nint ErrorText(int error);
}
