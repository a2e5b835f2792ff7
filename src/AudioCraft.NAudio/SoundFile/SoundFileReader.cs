using System.Runtime.InteropServices;
using AudioCraft.Audio;
using NAudio.Wave;

namespace AudioCraft.NAudio.SoundFile;

/// <summary>
/// Reads an audio file as 32-bit float samples: WAV, AIFF, FLAC, Ogg Vorbis, Opus, MP3 and the other formats of libsndfile.
/// It is both a <see cref="WaveStream"/> and an <see cref="ISampleProvider"/>, decodes while it is read, and can be used from several threads.
/// </summary>
/// <remarks>
/// The format is recognized by the contents, not by the name. On Windows, Media Foundation decodes MP3, AAC, FLAC and WMA; libsndfile decodes everything else.
/// Without libsndfile, MP3, and Ogg Vorbis with up to two channels, can be read on every system.
/// </remarks>
public sealed class SoundFileReader : WaveStream, ISampleProvider
{
    private readonly object sync = new();
    private readonly SoundDecoder decoder;
    private readonly Stream? owned;
    private readonly long frames;
    private long position;
    private bool isDisposed;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="AudioFormatException">The file is damaged or cut off, its format is unknown, or it has more than 64 channels or a sample rate above 1,000,000 Hz.</exception>
    /// <exception cref="AudioCraftException">The file cannot be opened or read, or the library that decodes its format is not installed.</exception>
    public SoundFileReader(string path) : this(OpenFile(path), $"'{path}'", leaveOpen: false)
    {
    }

    /// <summary>Opens a stream.</summary>
    /// <param name="stream">Read from its position to its end. A stream that cannot seek or is not at its beginning is first copied into memory.</param>
    /// <param name="leaveOpen">Whether the stream stays open when the reader is disposed.</param>
    /// <exception cref="ArgumentException">The stream cannot be read.</exception>
    /// <exception cref="AudioFormatException">The contents are damaged or cut off, their format is unknown, or they have more than 64 channels or a sample rate above 1,000,000 Hz.</exception>
    /// <exception cref="AudioCraftException">The stream fails, or the library that decodes the format is not installed.</exception>
    public SoundFileReader(Stream stream, bool leaveOpen = false) : this(stream, "The stream", leaveOpen)
    {
    }

    internal SoundFileReader(Stream stream, string name, bool leaveOpen)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanRead)
        {
            throw new ArgumentException("The stream cannot be read.", nameof(stream));
        }

        owned = leaveOpen ? null : stream;
        try
        {
            decoder = SoundDecoder.Open(AtBeginning(stream, name), name);
        }
        catch
        {
            owned?.Dispose();
            throw;
        }

        if (decoder.Channels is < 1 or > Waveform.MaxChannels || decoder.SampleRate is < 1 or > Waveform.MaxSampleRate)
        {
            var message = $"{name} has {decoder.Channels} channels at {decoder.SampleRate} Hz, but 1 to {Waveform.MaxChannels} channels at 1 to {Waveform.MaxSampleRate} Hz were expected.";
            Dispose();
            throw new AudioFormatException(message);
        }

        WaveFormat = WaveFormat.CreateIeeeFloatWaveFormat(decoder.SampleRate, decoder.Channels);
        frames = Math.Min(decoder.Frames, long.MaxValue / WaveFormat.BlockAlign);
    }

    /// <summary>32-bit IEEE float at the sample rate and with the channels of the file.</summary>
    public override WaveFormat WaveFormat { get; }

    /// <summary>The decoded length in bytes, 4 per sample. For MP3 it may be an estimate; 0 if it is unknown.</summary>
    public override long Length => frames * WaveFormat.BlockAlign;

    /// <summary>The position in decoded bytes. A new value is rounded down to a whole frame and limited to 0…<see cref="Length"/>.</summary>
    /// <exception cref="AudioFormatException">The file is damaged and the position cannot be reached.</exception>
    /// <exception cref="ObjectDisposedException">The reader was disposed.</exception>
    public override long Position
    {
        get
        {
            lock (sync)
            {
                return position * WaveFormat.BlockAlign;
            }
        }

        set
        {
            lock (sync)
            {
                ObjectDisposedException.ThrowIf(isDisposed, this);
                position = decoder.Seek(Math.Clamp(value, 0, Length) / WaveFormat.BlockAlign);
            }
        }
    }

    internal bool HasExactLength => decoder.HasExactLength;

    internal ChannelMask Layout => decoder.Layout;

    /// <summary>Reads whole frames of interleaved samples, full scale ±1.</summary>
    /// <param name="buffer">Filled from its beginning. A remainder smaller than a frame stays unchanged.</param>
    /// <returns>The number of samples, fewer than requested only at the end; 0 at the end or if the buffer has no room for a frame.</returns>
    /// <exception cref="AudioFormatException">The file is damaged.</exception>
    /// <exception cref="AudioCraftException">The stream fails.</exception>
    /// <exception cref="ObjectDisposedException">The reader was disposed.</exception>
    public int Read(Span<float> buffer)
    {
        buffer = buffer[..(buffer.Length - (buffer.Length % WaveFormat.Channels))];
        lock (sync)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            var total = 0;
            while (total < buffer.Length && decoder.Read(buffer[total..]) is var read and > 0)
            {
                total += read;
            }

            position += total / WaveFormat.Channels;
            return total;
        }
    }

    /// <summary>Reads whole frames as the bytes of 32-bit floats.</summary>
    /// <param name="buffer">Filled from its beginning.</param>
    /// <returns>The number of bytes; 0 at the end or if the buffer has no room for a frame.</returns>
    /// <exception cref="AudioFormatException">The file is damaged.</exception>
    /// <exception cref="AudioCraftException">The stream fails.</exception>
    /// <exception cref="ObjectDisposedException">The reader was disposed.</exception>
    public override int Read(Span<byte> buffer) => Read(MemoryMarshal.Cast<byte, float>(buffer)) * sizeof(float);

    /// <inheritdoc cref="Read(Span{byte})"/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            lock (sync)
            {
                if (!isDisposed)
                {
                    isDisposed = true;
                    decoder.Dispose();
                    owned?.Dispose();
                }
            }
        }

        base.Dispose(disposing);
    }

    private static FileStream OpenFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new AudioCraftException($"'{path}' cannot be read: {error.Message}", error);
        }
    }

    /// <summary>The stream itself if it can seek and is at its beginning, otherwise the rest of it in memory: decoders count from the beginning.</summary>
    internal static Stream AtBeginning(Stream stream, string name)
    {
        try
        {
            if (stream.CanSeek && stream.Position == 0)
            {
                return stream;
            }

            var copy = new MemoryStream();
            stream.CopyTo(copy);
            copy.Position = 0;
            return copy;
        }
        catch (IOException error)
        {
            throw new AudioCraftException($"{name} cannot be read: {error.Message}", error);
        }
    }
}
