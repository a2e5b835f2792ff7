using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NAudio.SoundFile;

/// <summary>A SNDFILE* over a stream, which stays the caller's. What the stream throws inside libsndfile is kept and thrown when that returns.</summary>
internal sealed unsafe class NativeSoundFile : IDisposable
{
    private readonly Stream stream;
    private LibSndFile.VirtualIo io;
    private GCHandle self;
    private nint file;
    private Exception? fault;

    public NativeSoundFile(Stream stream, int mode, ref LibSndFile.Info info)
    {
        this.stream = stream;
        self = GCHandle.Alloc(this);
        io = new LibSndFile.VirtualIo { Length = &Length, Seek = &Seek, Read = &Read, Write = &Write, Tell = &Tell };
        try
        {
            file = LibSndFile.Open(ref io, mode, ref info, GCHandle.ToIntPtr(self));
            ThrowFault();
            if (file == 0)
            {
                throw SoundFileException.Of(0, "sf_open_virtual");
            }
        }
        catch
        {
            Release();
            throw;
        }
    }

    ~NativeSoundFile() => Release();

    public nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(file == 0, typeof(SoundFileReader));
            return file;
        }
    }

    /// <summary>Throws what a call left behind: an exception of the stream, or libsndfile's own error.</summary>
    public void ThrowIfFailed(string function)
    {
        ThrowFault();
        if (LibSndFile.Error(Handle) != 0)
        {
            throw SoundFileException.Of(Handle, function);
        }
    }

    /// <summary>Closes it. What an encoder still had to say is written now, and a stream that refuses it is an exception.</summary>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
        ThrowFault();
    }

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

    private void ThrowFault()
    {
        if (fault is { } error)
        {
            fault = null;
            throw new SoundFileException($"The stream failed: {error.Message}", 0, error);
        }
    }

    private static NativeSoundFile Of(nint userData) => (NativeSoundFile)GCHandle.FromIntPtr(userData).Target!;

    /// <summary>Exceptions must not cross native frames.</summary>
    private static long Guarded(nint userData, long failed, Func<Stream, long> action)
    {
        var file = Of(userData);
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

        // Damaged files send libsndfile before the beginning; that is its error to report, not the stream's.
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
