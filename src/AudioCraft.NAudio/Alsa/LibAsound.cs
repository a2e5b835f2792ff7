using System.Runtime.InteropServices;

namespace AudioCraft.NAudio.Alsa;

/// <summary>The functions of libasound's pcm.h that are used. Negative results are errors.</summary>
internal static partial class LibAsound
{
    public const int Playback = 0;
    public const int Interleaved = 3;
    public const int Integer16 = 2;
    public const int Float = 14;

    private const string Library = NativeLibraries.Alsa;

    [LibraryImport(Library, EntryPoint = "snd_pcm_open", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(out nint device, string name, int direction, int mode);

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

    [LibraryImport(Library, EntryPoint = "snd_strerror")]
    private static partial nint ErrorText(int error);
}
