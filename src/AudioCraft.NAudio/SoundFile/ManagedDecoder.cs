namespace AudioCraft.NAudio.SoundFile;

/// <summary>A decoder in managed code, for systems without libsndfile.</summary>
/// <param name="name">The name of the file in error messages.</param>
internal abstract class ManagedDecoder(string name) : SoundDecoder
{
    private const int SkipFrames = 4096;

    private long position;

    public sealed override int Read(Span<float> buffer)
    {
        int read;
        try
        {
            read = ReadSamples(buffer);
        }
        catch (Exception error) when (IsFailure(error))
        {
            throw Failure(error);
        }

        // An incomplete last frame is left out.
        read -= read % Channels;
        position += read / Channels;
        return read;
    }

    /// <summary>Decodes up to the frame, from the beginning if the frame has already been passed. Sample-exact, unlike the decoders' own seeking.</summary>
    public sealed override long Seek(long frame)
    {
        if (frame < position)
        {
            Try(Reopen);
            position = 0;
        }

        var skipped = new float[SkipFrames * Channels];
        int read;
        do
        {
            read = Read(skipped.AsSpan(0, (int)Math.Min(SkipFrames, frame - position) * Channels));
        }
        while (read > 0 && position < frame);

        return position;
    }

    protected abstract int ReadSamples(Span<float> buffer);

    /// <summary>Starts again at the beginning of the stream.</summary>
    protected abstract void Reopen();

    /// <summary>Runs a part of the decoder.</summary>
    /// <exception cref="AudioFormatException">The file is damaged.</exception>
    /// <exception cref="AudioCraftException">The stream fails.</exception>
    protected void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception error) when (IsFailure(error))
        {
            throw Failure(error);
        }
    }

    /// <summary>The decoders throw exceptions of many types on damaged files.</summary>
    private static bool IsFailure(Exception error) => error is not (OutOfMemoryException or AudioCraftException);

    private AudioCraftException Failure(Exception error) => error is IOException and not EndOfStreamException
        ? new AudioCraftException($"{name} cannot be read: {error.Message}", error)
        : new AudioFormatException($"{name} cannot be decoded: it is damaged or cut off.", error);
}
