using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NAudio.Wave;

namespace AudioCraft.NAudio.SoundFile;

/// <summary>The formats that Windows decodes: MP3, AAC, FLAC, WMA. Seeking decodes from the beginning, because Media Foundation does not seek sample-exactly.</summary>
[SupportedOSPlatform("windows")]
internal sealed class MediaFoundationDecoder : ManagedDecoder
{
    private readonly Stream stream;
    private StreamMediaFoundationReader reader = null!;
    private ISampleProvider samples = null!;

    private MediaFoundationDecoder(Stream stream, string name, ReadOnlySpan<byte> head) : base(name)
    {
        this.stream = stream;
        var exactFrames = FlacFrames(head);
        Reopen();
        (Channels, SampleRate) = (reader.WaveFormat.Channels, reader.WaveFormat.SampleRate);
        (Frames, HasExactLength) = exactFrames > 0 ? (exactFrames, true) : (reader.Length / reader.WaveFormat.BlockAlign, false);
    }

    /// <summary>Null where Windows has no Media Foundation (the N editions without the Media Feature Pack, Server Core).</summary>
    public static MediaFoundationDecoder? TryOpen(Stream stream, string name, ReadOnlySpan<byte> head)
    {
        try
        {
            return new MediaFoundationDecoder(stream, name, head);
        }
        catch (DllNotFoundException)
        {
            stream.Position = 0;
            return null;
        }
        catch (IOException error)
        {
            throw new AudioCraftException($"{name} cannot be read: {error.Message}", error);
        }
        catch (Exception error) when (error is COMException or InvalidDataException or InvalidOperationException)
        {
            throw new AudioFormatException($"{name} cannot be decoded by Windows: {error.Message}", error);
        }
    }

    /// <summary>The number of frames in the STREAMINFO block of a FLAC file; 0 if it is unknown or the file is not FLAC.</summary>
    public static long FlacFrames(ReadOnlySpan<byte> head) =>
        head.Length >= 26 && head.StartsWith("fLaC"u8) && (head[4] & 0x7F) == 0 ? ((long)(head[21] & 0x0F) << 32) | BinaryPrimitives.ReadUInt32BigEndian(head[22..]) : 0;

    public override void Dispose() => reader.Dispose();

    protected override int ReadSamples(Span<float> buffer) => samples.Read(buffer);

    protected override void Reopen()
    {
        reader?.Dispose();
        stream.Position = 0;
        reader = new StreamMediaFoundationReader(stream, new MediaFoundationReader.MediaFoundationReaderSettings { RequestFloatOutput = true });
        samples = reader.ToSampleProvider();
    }
}
