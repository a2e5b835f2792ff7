using System.Runtime.InteropServices;
using NAudio.Wave;

namespace NAudio.SoundFile;

/// <summary>Encodes float samples in any format that the machine's libsndfile writes.</summary>
public sealed class SoundFileWriter : Stream
{
    private readonly NativeSoundFile file;
    private long written;

    /// <param name="outStream">It stays the caller's. WAV and AIFF need one that can be positioned.</param>
    /// <param name="sourceFormat">32-bit floating point.</param>
    /// <param name="major">The format to write.</param>
    /// <param name="options">Kind of samples, quality.</param>
    /// <exception cref="ArgumentException">libsndfile does not write such a rate or number of channels, or was built without the codec.</exception>
    public SoundFileWriter(Stream outStream, WaveFormat sourceFormat, SoundFileMajorFormat major, SoundFileWriterOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(outStream);
        ArgumentNullException.ThrowIfNull(sourceFormat);
        if (!outStream.CanWrite || (!outStream.CanSeek && major is SoundFileMajorFormat.Wav or SoundFileMajorFormat.Aiff))
        {
            throw new ArgumentException("The stream cannot be written to, or not be positioned as the format needs.", nameof(outStream));
        }

        if (sourceFormat.Encoding != WaveFormatEncoding.IeeeFloat || sourceFormat.BitsPerSample != 32)
        {
            throw new NotSupportedException($"Samples are {sourceFormat}, but 32-bit floating point was expected.");
        }

        var info = new LibSndFile.Info
        {
            SampleRate = sourceFormat.SampleRate,
            Channels = sourceFormat.Channels,
            Format = NativeFormat.Of(major, options?.Subtype ?? SoundFileSubtype.Default),
        };
        if (LibSndFile.CheckFormat(ref info) == 0 || (major == SoundFileMajorFormat.Opus && info.SampleRate is not (8000 or 12000 or 16000 or 24000 or 48000)))
        {
            throw new ArgumentException($"This libsndfile does not write {major} of {info.SampleRate} Hz and {info.Channels} channels.", nameof(sourceFormat));
        }

        WaveFormat = sourceFormat;
        file = new NativeSoundFile(outStream, LibSndFile.Write, ref info);
        try
        {
            _ = LibSndFile.Command(file.Handle, LibSndFile.SetClipping, 0, 1);
            Set(LibSndFile.SetVbrQuality, options?.VbrQuality);
            Set(LibSndFile.SetCompressionLevel, options?.CompressionLevel);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public WaveFormat WaveFormat { get; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => written;

    public override long Position
    {
        get => written;
        set => throw new InvalidOperationException("A SoundFileWriter cannot be positioned.");
    }

    /// <summary>Appends interleaved samples, whole frames.</summary>
    public void WriteSamples(ReadOnlySpan<float> samples)
    {
        var (frames, rest) = Math.DivRem(samples.Length, WaveFormat.Channels);
        if (rest != 0)
        {
            throw new ArgumentException($"There are {samples.Length} samples, no multiple of {WaveFormat.Channels} channels.", nameof(samples));
        }

        if (LibSndFile.WriteFrames(file.Handle, samples, frames) < frames)
        {
            file.ThrowIfFailed("sf_writef_float");
            throw new SoundFileException(0, "sf_writef_float", "not all samples were written");
        }

        written += samples.Length * sizeof(float);
    }

    public override void Write(ReadOnlySpan<byte> buffer) => WriteSamples(MemoryMarshal.Cast<byte, float>(buffer));

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new InvalidOperationException("A SoundFileWriter cannot be read.");

    public override long Seek(long offset, SeekOrigin origin) => throw new InvalidOperationException("A SoundFileWriter cannot be positioned.");

    public override void SetLength(long value) => throw new InvalidOperationException("The length of a SoundFileWriter cannot be set.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Set(int command, double? value)
    {
        if (value is not { } number)
        {
            return;
        }

        if (LibSndFile.Command(file.Handle, command, ref number, sizeof(double)) != 1)
        {
            throw new SoundFileException(0, "sf_command", $"{number} is refused by this codec");
        }
    }
}
