using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NAudio.Wave;

namespace AudioCraft.NAudio.SoundFile;

/// <summary>The formats that Windows decodes: MP3, AAC, FLAC, WMA.</summary>
[SupportedOSPlatform("windows")]
internal sealed class MediaFoundationDecoder : SoundDecoder
{
    private readonly string name;
    private readonly StreamMediaFoundationReader reader;
    private readonly ISampleProvider samples;

    private MediaFoundationDecoder(StreamMediaFoundationReader reader, string name)
    {
        this.reader = reader;
        this.name = name;
        samples = reader.ToSampleProvider();
        (Channels, SampleRate, Frames) = (reader.WaveFormat.Channels, reader.WaveFormat.SampleRate, reader.Length / reader.WaveFormat.BlockAlign);
    }

    /// <summary>Null where Windows has no Media Foundation (the N editions without the Media Feature Pack, Server Core).</summary>
    public static MediaFoundationDecoder? TryOpen(Stream stream, string name)
    {
        try
        {
            return new MediaFoundationDecoder(
                new StreamMediaFoundationReader(stream, new MediaFoundationReader.MediaFoundationReaderSettings { RequestFloatOutput = true }), name);
        }
        catch (DllNotFoundException)
        {
            stream.Position = 0;
            return null;
        }
        catch (Exception error) when (IsFailure(error))
        {
            throw Failure(name, error);
        }
    }

    public override int Read(Span<float> buffer)
    {
        try
        {
            return samples.Read(buffer);
        }
        catch (Exception error) when (IsFailure(error))
        {
            throw Failure(name, error);
        }
    }

    public override long Seek(long frame)
    {
        try
        {
            reader.Position = frame * reader.WaveFormat.BlockAlign;
            return frame;
        }
        catch (Exception error) when (IsFailure(error))
        {
            throw Failure(name, error);
        }
    }

    public override void Dispose() => reader.Dispose();

    private static bool IsFailure(Exception error) => error is COMException or InvalidDataException or InvalidOperationException or IOException;

    private static AudioCraftException Failure(string name, Exception error) => error is IOException
        ? new AudioCraftException($"{name} cannot be read: {error.Message}", error)
        : new AudioFormatException($"{name} cannot be decoded by Windows: {error.Message}", error);
}
