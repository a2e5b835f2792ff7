using System.Buffers.Binary;
using AudioCraft.Formats;

namespace AudioCraft.NAudio.SoundFile;

/// <summary>
/// Decodes one audio file. On Windows, Media Foundation decodes the formats that it supports; libsndfile decodes everything else, and everything on other systems.
/// Where libsndfile is not installed, managed code decodes MP3, and Ogg Vorbis with up to two channels.
/// </summary>
internal abstract class SoundDecoder : IDisposable
{
    public int Channels { get; protected set; }

    /// <summary>In hertz.</summary>
    public int SampleRate { get; protected set; }

    /// <summary>Frames in the file, which may be an estimate; 0 if unknown.</summary>
    public long Frames { get; protected set; }

    /// <summary>Whether the file states <see cref="Frames"/> and always has that many: a file with fewer was cut off.</summary>
    public bool HasExactLength { get; protected set; }

    /// <summary>The positions of the channels, if the file states them.</summary>
    public ChannelMask Layout { get; protected set; }

    /// <summary>Decodes whole frames into the buffer, with the channels in the order of WAV files, and returns the number of samples; 0 at the end.</summary>
    /// <exception cref="AudioFormatException">The file is damaged.</exception>
    /// <exception cref="AudioCraftException">The stream fails.</exception>
    public abstract int Read(Span<float> buffer);

    /// <summary>Moves to a frame.</summary>
    /// <returns>The new position in frames.</returns>
    public abstract long Seek(long frame);

    public abstract void Dispose();

    /// <summary>Opens a file with the decoder for its contents.</summary>
    /// <param name="stream">A seekable stream at its beginning. It stays open.</param>
    /// <param name="name">The name of the file in error messages.</param>
    /// <exception cref="AudioFormatException">The format is unknown, or the file is damaged or cut off.</exception>
    /// <exception cref="AudioCraftException">The stream fails, or a library that decodes the format is not installed.</exception>
    public static SoundDecoder Open(Stream stream, string name)
    {
        Span<byte> buffer = stackalloc byte[FileSignature.HeadBytes];
        var head = buffer[..ReadHead(stream, name, buffer)];
        var found = FileSignature.Identify(head);
        if (head.Length < 12)
        {
            throw new AudioFormatException(head.IsEmpty
                ? $"{name} is an empty file: copy or download it again."
                : $"{name} has only {head.Length} bytes, too few for any audio file: copy or download it again.");
        }

        // libsndfile reads AIFF files that were cut off without an error.
        if (head.StartsWith("FORM"u8) && 8 + (long)BinaryPrimitives.ReadUInt32BigEndian(head[4..]) is var size && size > stream.Length)
        {
            throw new AudioFormatException($"{name} was cut off: it has {stream.Length} bytes, but its header states {size}; copy or download the file again.");
        }

        var isMp3 = IsMp3(head);
        if (OperatingSystem.IsWindows() && (isMp3 || IsMediaFoundation(head)) && MediaFoundationDecoder.TryOpen(stream, name, head) is { } decoder)
        {
            return decoder;
        }

        // libsndfile would mistake some of these for MP3.
        if (found is { Content: FileContent.Media })
        {
            throw NotReadable(name, found, null);
        }

        if (!NativeLibraries.HasSoundFile)
        {
            return isMp3 ? new Mp3Decoder(stream, name)
                : IsVorbis(head) ? new VorbisDecoder(stream, name)
                : found is { Content: not FileContent.Audio } ? throw NotReadable(name, found, null)
                : throw NativeLibraries.SoundFileMissing($"Reading {name}");
        }

        try
        {
            return new LibSndFileDecoder(stream, name, head);
        }
        catch (AudioFormatException error) when (found is null or { Content: not FileContent.Audio })
        {
            throw found is not null ? NotReadable(name, found, error)
                : new AudioFormatException($"{name} is damaged, or its audio format is not recognized: it begins with the bytes {Convert.ToHexString(head[..8])}.", error);
        }
    }

    private static AudioFormatException NotReadable(string name, FileSignature found, Exception? error)
    {
        var message = $"{name} is {found.Name}, which cannot be read{(found.Content == FileContent.Media ? "" : " as audio")}: {found.Advice}.";
        return error is null ? new AudioFormatException(message) : new AudioFormatException(message, error);
    }

    private static int ReadHead(Stream stream, string name, Span<byte> head)
    {
        try
        {
            var read = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            stream.Position = 0;
            return read;
        }
        catch (IOException error)
        {
            throw new AudioCraftException($"{name} cannot be read: {error.Message}", error);
        }
    }

    /// <summary>An ID3 tag, or the header of an MPEG audio frame of layer 1, 2 or 3.</summary>
    private static bool IsMp3(ReadOnlySpan<byte> head) =>
        head.StartsWith("ID3"u8) || (head[0] == 0xFF && (head[1] & 0xE0) == 0xE0 && (head[1] & 0x06) != 0);

    /// <summary>An Ogg page with the identification header of Vorbis.</summary>
    private static bool IsVorbis(ReadOnlySpan<byte> head) => head.StartsWith("OggS"u8) && head.Length > 35 && head[28..].StartsWith("\u0001vorbis"u8);

    /// <summary>FLAC, AAC (ADTS), MP4 and ASF (WMA).</summary>
    private static bool IsMediaFoundation(ReadOnlySpan<byte> head) =>
        head.StartsWith("fLaC"u8) || (head[0] == 0xFF && (head[1] & 0xF6) == 0xF0) || head[4..].StartsWith("ftyp"u8) || head.StartsWith<byte>([0x30, 0x26, 0xB2, 0x75]);
}
