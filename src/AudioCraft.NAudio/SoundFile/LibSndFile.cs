using System.Runtime.InteropServices;

namespace AudioCraft.NAudio.SoundFile;

/// <summary>The functions of libsndfile's sndfile.h that are used. <see cref="NativeSoundFile"/> checks first that the library is installed.</summary>
internal static unsafe partial class LibSndFile
{
    public const int Read = 0x10;
    public const int Write = 0x20;
    public const int UpdateHeaderNow = 0x1060;
    public const int GetChannelMap = 0x1100;
    public const int SetClipping = 0x10C0;
    public const int SetVbrQuality = 0x1300;
    public const int GetAmbisonic = 0x1201;
    public const int AmbisonicBFormat = 0x41;
    public const int MajorFormatMask = 0x0FFF0000;
    public const int FormatMask = 0x0FFFFFFF;
    public const int Flac = 0x170000;
    public const int OggVorbis = 0x200060;
    public const int OggOpus = 0x200064;

    private const string Library = NativeLibraries.SoundFile;

    [StructLayout(LayoutKind.Sequential)]
    public struct Info
    {
        public long Frames;
        public int SampleRate;
        public int Channels;
        public int Format;
        public int Sections;
        public int Seekable;
    }

    /// <summary>SF_VIRTUAL_IO: the callbacks that libsndfile uses in place of file operations.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct VirtualIo
    {
        public delegate* unmanaged[Cdecl]<nint, long> Length;
        public delegate* unmanaged[Cdecl]<long, int, nint, long> Seek;
        public delegate* unmanaged[Cdecl]<nint, long, nint, long> Read;
        public delegate* unmanaged[Cdecl]<nint, long, nint, long> Write;
        public delegate* unmanaged[Cdecl]<nint, long> Tell;
    }

    [LibraryImport(Library, EntryPoint = "sf_open_virtual")]
    public static partial nint Open(ref VirtualIo io, int mode, ref Info info, nint userData);

    [LibraryImport(Library, EntryPoint = "sf_close")]
    public static partial int Close(nint file);

    [LibraryImport(Library, EntryPoint = "sf_readf_float")]
    public static partial long ReadFrames(nint file, Span<float> samples, long frames);

    [LibraryImport(Library, EntryPoint = "sf_writef_float")]
    public static partial long WriteFrames(nint file, ReadOnlySpan<float> samples, long frames);

    [LibraryImport(Library, EntryPoint = "sf_seek")]
    public static partial long Seek(nint file, long frames, int origin);

    [LibraryImport(Library, EntryPoint = "sf_error")]
    public static partial int Error(nint file);

    [LibraryImport(Library, EntryPoint = "sf_format_check")]
    public static partial int CheckFormat(ref Info info);

    [LibraryImport(Library, EntryPoint = "sf_command")]
    public static partial int Command(nint file, int command, nint data, int size);

    [LibraryImport(Library, EntryPoint = "sf_command")]
    public static partial int Command(nint file, int command, ref double data, int size);

    [LibraryImport(Library, EntryPoint = "sf_command")]
    public static partial int Command(nint file, int command, Span<int> data, int size);

    public static string ErrorText(nint file) => Marshal.PtrToStringUTF8(ErrorPointer(file)) ?? "unknown error";

    [LibraryImport(Library, EntryPoint = "sf_strerror")]
    private static partial nint ErrorPointer(nint file);
}
