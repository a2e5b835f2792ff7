using System.Buffers.Binary;

namespace AudioCraft.Formats;

/// <summary>The checked contents of a WAV file's <c>fmt </c> chunk.</summary>
internal sealed record WavFormat(AudioSampleFormat Encoding, int Channels, int SampleRate)
{
    /// <summary>More than any common layout has; a tensor given as [T, C] by mistake has more.</summary>
    public const int MaxChannels = 64;

    /// <summary>Above what any recorder of sound or ultrasound uses.</summary>
    public const int MaxSampleRate = 1_000_000;

    public const ushort TagPcm = 1, TagFloat = 3, TagALaw = 6, TagMuLaw = 7, TagExtensible = 0xFFFE;

    /// <summary>The bytes of a WAVE_FORMAT_EXTENSIBLE subformat after its first two, which hold the format tag.</summary>
    public static ReadOnlySpan<byte> SubformatTail => [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];

    public int BytesPerSample => BytesOf(Encoding);

    public int BytesPerFrame => BytesPerSample * Channels;

    public static int BytesOf(AudioSampleFormat encoding) => encoding switch
    {
        AudioSampleFormat.Pcm16 => 2,
        AudioSampleFormat.Pcm24 => 3,
        AudioSampleFormat.Pcm32 or AudioSampleFormat.Ieee32 => 4,
        AudioSampleFormat.Ieee64 => 8,
        _ => 1,
    };

    /// <summary>Checks the chunk's first 16 to 40 bytes.</summary>
    public static WavFormat Parse(ReadOnlySpan<byte> chunk, ByteSource source)
    {
        var tag = BinaryPrimitives.ReadUInt16LittleEndian(chunk);
        int channels = BinaryPrimitives.ReadUInt16LittleEndian(chunk[2..]);
        var sampleRate = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
        int bytesPerFrame = BinaryPrimitives.ReadUInt16LittleEndian(chunk[12..]);
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(chunk[14..]);
        if (tag == TagExtensible)
        {
            if (chunk.Length < 40)
            {
                throw source.Error($"the extensible format needs 40 bytes of 'fmt ', but there are {chunk.Length}.");
            }

            tag = BinaryPrimitives.ReadUInt16LittleEndian(chunk[24..]);
            if (!chunk[26..40].SequenceEqual(SubformatTail))
            {
                throw source.Error($"the subformat {new Guid(chunk[24..40])} is not read.");
            }
        }

        if (channels is < 1 or > MaxChannels)
        {
            throw source.Error($"there are {channels} channels, but 1 to {MaxChannels} are read.");
        }

        if (sampleRate is < 1 or > MaxSampleRate)
        {
            throw source.Error($"the sample rate is {sampleRate} Hz, but 1 to {MaxSampleRate} Hz are read.");
        }

        var format = new WavFormat(EncodingOf(tag, bits, source), channels, (int)sampleRate);
        if (bytesPerFrame != format.BytesPerFrame)
        {
            throw source.Error($"a frame of {channels} channels of {bits} bits takes {format.BytesPerFrame} bytes, but the header says {bytesPerFrame}.");
        }

        return format;
    }

    // Depths between the whole bytes (12, 20 bits) are stored in the upper bits of the next larger container.
    private static AudioSampleFormat EncodingOf(ushort tag, int bits, ByteSource source) => (tag, bits) switch
    {
        (TagPcm, >= 1 and <= 8) => AudioSampleFormat.Pcm8,
        (TagPcm, > 8 and <= 16) => AudioSampleFormat.Pcm16,
        (TagPcm, > 16 and <= 24) => AudioSampleFormat.Pcm24,
        (TagPcm, > 24 and <= 32) => AudioSampleFormat.Pcm32,
        (TagFloat, 32) => AudioSampleFormat.Ieee32,
        (TagFloat, 64) => AudioSampleFormat.Ieee64,
        (TagALaw, 8) => AudioSampleFormat.ALaw,
        (TagMuLaw, 8) => AudioSampleFormat.MuLaw,
        _ => throw source.Error($"format {tag} (0x{tag:x4}) with {bits} bits is not read; PCM up to 32 bits, float 32 and 64, A-law and µ-law are."),
    };
}
