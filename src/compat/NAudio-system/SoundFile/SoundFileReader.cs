using System.Runtime.InteropServices;
using NAudio.Wave;

namespace NAudio.SoundFile;

/// <summary>A file of any format that the machine's libsndfile decodes, as float samples.</summary>
public sealed class SoundFileReader : WaveStream, ISampleProvider
{
    private readonly NativeSoundFile file;
    private readonly bool seekable;
    private readonly long frames;
    private long position;

    /// <param name="inputStream">At its beginning; it stays the caller's.</param>
    /// <exception cref="SoundFileException">It is not of a format that libsndfile knows, or damaged.</exception>
    public SoundFileReader(Stream inputStream)
    {
        ArgumentNullException.ThrowIfNull(inputStream);
        if (!inputStream.CanRead)
        {
            throw new ArgumentException("The stream cannot be read.", nameof(inputStream));
        }

        var info = default(LibSndFile.Info);
        file = new NativeSoundFile(inputStream, LibSndFile.Read, ref info);
        seekable = info.Seekable != 0;
        WaveFormat = WaveFormat.CreateIeeeFloatWaveFormat(info.SampleRate, info.Channels);
        frames = info.Frames > 0 || !seekable ? Math.Max(0, info.Frames) : MeasuredFrames();
    }

    public override WaveFormat WaveFormat { get; }

    public override bool CanSeek => seekable;

    /// <summary>Bytes of float samples, 0 where it is not known.</summary>
    public override long Length => frames * WaveFormat.BlockAlign;

    public override long Position
    {
        get => position * WaveFormat.BlockAlign;
        set
        {
            if (!seekable)
            {
                throw new InvalidOperationException("The source cannot be positioned.");
            }

            var reached = LibSndFile.Seek(file.Handle, value / WaveFormat.BlockAlign, 0);
            file.ThrowIfFailed("sf_seek");
            position = reached;
        }
    }

    public override int Read(Span<byte> buffer) => Read(MemoryMarshal.Cast<byte, float>(buffer)) * sizeof(float);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public int Read(Span<float> buffer)
    {
        var wanted = buffer.Length / WaveFormat.Channels;
        if (wanted == 0)
        {
            return 0;
        }

        var read = LibSndFile.ReadFrames(file.Handle, buffer, wanted);
        if (read < wanted)
        {
            file.ThrowIfFailed("sf_readf_float");
        }

        position += read;
        return (int)read * WaveFormat.Channels;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Some streamed formats do not say how long they are until their end has been looked for.</summary>
    private long MeasuredFrames()
    {
        var end = LibSndFile.Seek(file.Handle, 0, 2);
        _ = LibSndFile.Seek(file.Handle, 0, 0);
        return Math.Max(0, end);
    }
}
