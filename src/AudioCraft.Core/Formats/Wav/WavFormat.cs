using System.Buffers.Binary;
using AudioCraft.Audio;

namespace AudioCraft.Formats;

/// <summary>The checked contents of a WAV file's <c>fmt </c> chunk.</summary>
internal sealed record WavFormat(AudioSampleFormat Encoding, int Channels, int SampleRate)
{
    public const ushort TagPcm = 1, TagFloat = 3, TagALaw = 6, TagMuLaw = 7, TagExtensible = 0xFFFE;

    /// <summary>The bytes of a WAVE_FORMAT_EXTENSIBLE subformat after its first two, which hold the format tag.</summary>
    public static ReadOnlySpan<byte> SubformatTail => [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];

    /// <summary>The same for B-format (ambisonic) files.</summary>
    private static ReadOnlySpan<byte> AmbisonicTail => [0, 0, 0x21, 0x07, 0xD3, 0x11, 0x86, 0x44, 0xC8, 0xC1, 0xCA, 0, 0, 0];

    /// <summary>The bits of a channel mask that have a meaning.</summary>
    private const ChannelMask Positions = (ChannelMask)0x3FFFF;

    /// <summary>The bytes of a stored sample. Samples of 24 bits may be stored in 4 bytes.</summary>
    public int BytesPerSample { get; init; } = BytesOf(Encoding);

    public int BytesPerFrame => BytesPerSample * Channels;

    /// <summary>The first byte of the sample within the stored one; null if only the samples show whether they are in the upper or the lower bytes.</summary>
    public int? Offset { get; init; } = 0;

    public bool IsBigEndian { get; init; }

    /// <summary>The positions of the channels; None if they are the usual ones for their number.</summary>
    public ChannelMask Layout { get; init; }

    public static int BytesOf(AudioSampleFormat encoding) => encoding switch
    {
        AudioSampleFormat.Pcm16 => 2,
        AudioSampleFormat.Pcm24 => 3,
        AudioSampleFormat.Pcm32 or AudioSampleFormat.Float32 => 4,
        AudioSampleFormat.Float64 => 8,
        _ => 1,
    };

    /// <summary>Checks the chunk's first 16 to 40 bytes.</summary>
    public static WavFormat Parse(ReadOnlySpan<byte> chunk, ByteSource source, bool isBigEndian = false)
    {
        var tag = U16(chunk, 0);
        int channels = U16(chunk, 2);
        var sampleRate = U32(chunk, 4);
        int bytesPerFrame = U16(chunk, 12);
        int bits = U16(chunk, 14);
        var mask = ChannelMask.None;
        if (tag == TagExtensible)
        {
            if (chunk.Length < 40)
            {
                throw source.Error($"the extensible format needs 40 bytes of 'fmt ', but there are {chunk.Length}.");
            }

            tag = U16(chunk, isBigEndian ? 26 : 24);
            var isAmbisonic = !isBigEndian && chunk[26..40].SequenceEqual(AmbisonicTail);
            mask = isAmbisonic ? ChannelMask.Ambisonic : (ChannelMask)U32(chunk, 20) & Positions;
            if (!isBigEndian && !isAmbisonic && !chunk[26..40].SequenceEqual(SubformatTail))
            {
                throw source.Error($"the subformat {new Guid(chunk[24..40])} is not supported.");
            }
        }

        if (channels is < 1 or > Waveform.MaxChannels)
        {
            throw source.Error($"there are {channels} channels, but 1 to {Waveform.MaxChannels} are supported.");
        }

        if (sampleRate is < 1 or > Waveform.MaxSampleRate)
        {
            throw source.Error($"the sample rate is {sampleRate} Hz, but 1 to {Waveform.MaxSampleRate} Hz are supported.");
        }

        var encoding = EncodingOf(tag, bits, source);
        var format = new WavFormat(encoding, channels, (int)sampleRate)
        {
            IsBigEndian = isBigEndian,
            Layout = mask == ChannelMixer.Default(channels) ? ChannelMask.None : mask,
        };
        if (tag == TagPcm && encoding is AudioSampleFormat.Pcm16 or AudioSampleFormat.Pcm24 && bytesPerFrame == 4 * channels)
        {
            return format with { BytesPerSample = 4, Offset = null };
        }

        return bytesPerFrame == format.BytesPerFrame
            ? format
            : throw source.Error($"a frame of {channels} channels of {bits} bits has {format.BytesPerFrame} bytes, but the header states {bytesPerFrame}.");

        ushort U16(ReadOnlySpan<byte> bytes, int at) => isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]) : BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

        uint U32(ReadOnlySpan<byte> bytes, int at) => isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
    }

    /// <summary>Reverses the bytes of every sample of a big-endian file.</summary>
    public void ToLittleEndian(Span<byte> frames)
    {
        if (!IsBigEndian || BytesPerSample == 1)
        {
            return;
        }

        for (var at = 0; at < frames.Length; at += BytesPerSample)
        {
            frames.Slice(at, BytesPerSample).Reverse();
        }
    }

    // Depths between the whole bytes (12, 20 bits) are stored in the upper bits of the next larger container.
    private static AudioSampleFormat EncodingOf(ushort tag, int bits, ByteSource source) => (tag, bits) switch
    {
        (TagPcm, >= 1 and <= 8) => AudioSampleFormat.Pcm8,
        (TagPcm, > 8 and <= 16) => AudioSampleFormat.Pcm16,
        (TagPcm, > 16 and <= 24) => AudioSampleFormat.Pcm24,
        (TagPcm, > 24 and <= 32) => AudioSampleFormat.Pcm32,
        (TagFloat, 32) => AudioSampleFormat.Float32,
        (TagFloat, 64) => AudioSampleFormat.Float64,
        (TagALaw, 8) => AudioSampleFormat.ALaw,
        (TagMuLaw, 8) => AudioSampleFormat.MuLaw,
        _ => throw source.Error(
            $"format {tag} (0x{tag:x4}{NameOf(tag)}) with {bits} bits is not supported; PCM up to 32 bits, float 32 and 64, A-law and µ-law are. "
            + "NAudioFile (package AudioCraft.NAudio) reads ADPCM and GSM with libsndfile; otherwise convert it, for example with: ffmpeg -i input.wav -c:a pcm_s16le output.wav"),
    };

    private static string NameOf(ushort tag) => tag switch
    {
        0x0002 => ", Microsoft ADPCM",
        0x0011 => ", IMA ADPCM",
        0x0014 or 0x0040 or 0x0045 => ", G.72x ADPCM",
        0x0031 => ", GSM 6.10",
        0x0050 => ", MPEG audio",
        0x0055 => ", MP3",
        0x0092 or 0x2000 => ", AC-3",
        0x00FF or 0x1600 or 0x1610 or 0xA106 => ", AAC",
        0x0160 or 0x0161 or 0x0162 or 0x0163 => ", WMA",
        0x2001 => ", DTS",
        _ => "",
    };
}
