using NLayer;

namespace AudioCraft.NAudio.SoundFile;

/// <summary>MP3 in managed code (NLayer), for systems without libsndfile.</summary>
internal sealed class Mp3Decoder : SoundDecoder
{
    private readonly Stream stream;
    private readonly string name;
    private MpegFile file;
    private long position;

    public Mp3Decoder(Stream stream, string name)
    {
        this.stream = stream;
        this.name = name;
        file = Guarded(Open);
        Channels = Guarded(() => file.Channels);
        SampleRate = Guarded(() => file.SampleRate);
        Frames = Channels > 0 ? Math.Max(0, Guarded(() => file.Length) / sizeof(float) / Channels) : 0;
    }

    public override int Channels { get; }

    public override int SampleRate { get; }

    public override long Frames { get; }

    public override int Read(Span<float> buffer)
    {
        int read;
        try
        {
            read = file.ReadSamples(buffer);
        }
        catch (Exception error) when (IsFailure(error))
        {
            throw Failure(error);
        }

        // A last frame that is incomplete is left out.
        read -= read % Channels;
        position += read / Channels;
        return read;
    }

    /// <summary>NLayer's own seeking is accurate to an MPEG frame only. Decoding up to the position is exact, and a few hundred times faster than playback.</summary>
    public override long Seek(long frame)
    {
        if (frame < position)
        {
            file.Dispose();
            file = Guarded(Open);
            position = 0;
        }

        var skipped = new float[4096 * Channels];
        while (position < frame && Read(skipped.AsSpan(0, (int)Math.Min(4096, frame - position) * Channels)) > 0)
        {
        }

        return position;
    }

    public override void Dispose() => file.Dispose();

    private MpegFile Open()
    {
        stream.Position = 0;
        return new MpegFile(stream); // it leaves the stream open
    }

    private T Guarded<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (IsFailure(error))
        {
            throw Failure(error);
        }
    }

    /// <summary>NLayer throws exceptions of many types on damaged files.</summary>
    private static bool IsFailure(Exception error) => error is not (OutOfMemoryException or ObjectDisposedException);

    private AudioCraftException Failure(Exception error) => error is IOException and not EndOfStreamException
        ? new AudioCraftException($"{name} cannot be read: {error.Message}", error)
        : new AudioFormatException($"{name} cannot be decoded as MP3: it is damaged or contains no MPEG audio.", error);
}
