using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AudioCraft.NAudio.SoundFile;

/// <summary>An open SNDFILE* on a stream. An exception of the stream inside a libsndfile call is kept and thrown after the call returns.</summary>
internal sealed unsafe class NativeSoundFile : IDisposable
{
    private readonly Stream stream;
    private readonly string name;
    private readonly bool isWriter;
    private GCHandle self;
    private nint file;
    private Exception? fault;

    /// <param name="stream">A stream at its beginning. It stays open.</param>
    /// <param name="name">The name of the file in error messages.</param>
    /// <param name="mode"><see cref="LibSndFile.Read"/> or <see cref="LibSndFile.Write"/>.</param>
    /// <param name="info">The format to write, or the format that was found.</param>
    /// <exception cref="AudioFormatException">The contents are not a format that libsndfile reads, or they are damaged.</exception>
    /// <exception cref="ArgumentException">libsndfile does not write the format.</exception>
    /// <exception cref="AudioCraftException">The stream fails, or libsndfile is not installed.</exception>
    public NativeSoundFile(Stream stream, string name, int mode, ref LibSndFile.Info info)
    {
        this.stream = stream;
        this.name = name;
        isWriter = mode == LibSndFile.Write;
        if (!NativeLibraries.HasSoundFile)
        {
            throw NativeLibraries.SoundFileMissing(isWriter ? "Writing this format" : $"Reading {name}");
        }

        // The handle must not keep an instance alive that was never disposed, and the finalizer still needs it.
        self = GCHandle.Alloc(this, GCHandleType.WeakTrackResurrection);
        var io = new LibSndFile.VirtualIo { Length = &Length, Seek = &Seek, Read = &Read, Write = &Write, Tell = &Tell };
        try
        {
            file = LibSndFile.Open(ref io, mode, ref info, GCHandle.ToIntPtr(self));
            ThrowFault();
            if (file == 0)
            {
                throw isWriter
                    ? new ArgumentException($"libsndfile does not write this format: {LibSndFile.ErrorText(0)}", nameof(info))
                    : Failure(LibSndFile.ErrorText(0));
            }
        }
        catch
        {
            Release();
            GC.SuppressFinalize(this);
            throw;
        }
    }

    ~NativeSoundFile() => Release();

    /// <summary>Reads frames into <paramref name="samples"/>, which has room for <paramref name="frames"/> of them.</summary>
    public int ReadFrames(Span<float> samples, int frames)
    {
        var read = LibSndFile.ReadFrames(Handle, samples, frames);
        if (read < frames)
        {
            ThrowIfFailed();
        }

        return (int)read;
    }

    public void WriteFrames(ReadOnlySpan<float> samples, int frames)
    {
        if (LibSndFile.WriteFrames(Handle, samples, frames) < frames)
        {
            ThrowIfFailed();
            throw Failure("not all samples were written");
        }

        ThrowFault();
    }

    /// <summary>Moves to a frame, relative to the beginning (0) or the end (2), and returns the new position; -1 if that is not possible.</summary>
    public long SeekFrame(long frame, int origin)
    {
        var reached = LibSndFile.Seek(Handle, frame, origin);
        ThrowFault();
        return reached;
    }

    /// <summary>The positions of the channels as the SF_CHANNEL_MAP values of sndfile.h; null if the file does not state them.</summary>
    public int[]? GetChannelMap(int channels)
    {
        var map = new int[channels];
        return LibSndFile.Command(Handle, LibSndFile.GetChannelMap, map, map.Length * sizeof(int)) != 0 ? map : null;
    }

    /// <summary>Whether a WAV file has the subformat of ambisonic channels.</summary>
    public bool IsAmbisonic => LibSndFile.Command(Handle, LibSndFile.GetAmbisonic, 0, 0) == LibSndFile.AmbisonicBFormat;

    public void WriteHeader()
    {
        _ = LibSndFile.Command(Handle, LibSndFile.UpdateHeaderNow, 0, 0);
        ThrowIfFailed();
    }

    /// <summary>Writers clip samples beyond ±1 instead of wrapping around.</summary>
    public void Clip() => _ = LibSndFile.Command(Handle, LibSndFile.SetClipping, 0, 1);

    public void SetQuality(double quality)
    {
        if (LibSndFile.Command(Handle, LibSndFile.SetVbrQuality, ref quality, sizeof(double)) != 1)
        {
            throw Failure($"the encoder rejects the quality {quality}");
        }
    }

    /// <summary>Closes the file. A writer writes its last bytes here, so that the stream can fail.</summary>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
        ThrowFault();
    }

    private nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(file == 0, this);
            return file;
        }
    }

    private void ThrowIfFailed()
    {
        ThrowFault();
        if (LibSndFile.Error(Handle) != 0)
        {
            throw Failure(LibSndFile.ErrorText(Handle));
        }
    }

    private void ThrowFault()
    {
        if (fault is { } error)
        {
            fault = null;
            throw new AudioCraftException($"{name} cannot be {(isWriter ? "written" : "read")}: {error.Message}", error);
        }
    }

    private AudioCraftException Failure(string message) =>
        isWriter ? new AudioCraftException($"{name} cannot be encoded: {message}") : new AudioFormatException($"{name} cannot be decoded: {message}");

    private void Release()
    {
        if (file != 0)
        {
            _ = LibSndFile.Close(file);
            file = 0;
        }

        if (self.IsAllocated)
        {
            self.Free();
        }
    }

    /// <summary>Runs a callback. Exceptions must not cross native frames.</summary>
    private static long Guarded(nint userData, long failed, Func<Stream, long> action)
    {
        var file = (NativeSoundFile)GCHandle.FromIntPtr(userData).Target!;
        try
        {
            return action(file.stream);
        }
        catch (Exception error)
        {
            file.fault ??= error;
            return failed;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long Length(nint userData) => Guarded(userData, -1, stream => stream.CanSeek ? stream.Length : -1);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long Tell(nint userData) => Guarded(userData, -1, stream => stream.CanSeek ? stream.Position : -1);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long Seek(long offset, int origin, nint userData) => Guarded(userData, -1, stream =>
    {
        if (!stream.CanSeek || origin is < 0 or > 2)
        {
            return -1;
        }

        // Damaged files make libsndfile seek before the beginning: libsndfile reports that error, the stream has not failed.
        var target = offset + (origin == 0 ? 0 : origin == 1 ? stream.Position : stream.Length);
        return target < 0 ? -1 : stream.Position = target;
    });

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long Read(nint target, long count, nint userData) => Guarded(userData, 0, stream =>
        stream.ReadAtLeast(new Span<byte>((void*)target, checked((int)count)), (int)count, throwOnEndOfStream: false));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long Write(nint source, long count, nint userData) => Guarded(userData, 0, stream =>
    {
        stream.Write(new ReadOnlySpan<byte>((void*)source, checked((int)count)));
        return count;
    });
}
