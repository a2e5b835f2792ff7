using System.Buffers.Binary;
using System.Text;
using AudioCraft.Audio;

namespace AudioCraft.Formats;

/// <summary>The header of a WAV file (RIFF, and RF64 of EBU Tech 3306 above 4 GiB). Parsing leaves the source at the first sample.</summary>
/// <param name="Format">The sample format.</param>
/// <param name="DataBytes">The number of bytes of samples; null if they extend to the end of the file: programs that write to a pipe leave the size at 0 or 0xFFFFFFFF.</param>
internal sealed record WavHeader(WavFormat Format, long? DataBytes)
{
    /// <summary>Real files have about a dozen chunks. Without a limit, a file of empty chunks takes minutes.</summary>
    private const int MaxChunks = 1024;

    private const uint Open = 0xFFFFFFFF;

    public static WavHeader Parse(ByteSource source)
    {
        Span<byte> riff = stackalloc byte[12];
        var read = source.Read(riff);
        var magic = Encoding.Latin1.GetString(riff[..Math.Min(4, read)]);
        if (read < riff.Length || magic is not ("RIFF" or "RF64" or "BW64") || !riff[8..].SequenceEqual("WAVE"u8))
        {
            throw source.Error(NotWav(magic, read));
        }

        var riffEnd = 8 + (long)BinaryPrimitives.ReadUInt32LittleEndian(riff[4..]);
        var large = magic != "RIFF";
        long? largeData = null;
        WavFormat? format = null;
        Span<byte> head = stackalloc byte[8];
        var position = 12L;
        for (var chunk = 0; chunk < MaxChunks; chunk++)
        {
            if (source.Read(head) < head.Length)
            {
                throw source.Error("the file ends before its 'data' chunk.");
            }

            position += head.Length;
            var id = Encoding.Latin1.GetString(head[..4]);
            var size = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
            if (id == "data")
            {
                var bytes = DataSize(size, large ? largeData : null, riffEnd, position);
                if (bytes > source.Remaining)
                {
                    throw source.Truncated("the 'data' chunk", bytes.Value, source.Remaining.Value);
                }

                return new WavHeader(format ?? throw source.Error("the 'data' chunk comes before 'fmt '."), bytes);
            }

            var used = id switch
            {
                "fmt " => ReadFormat(size, source, out format),
                "ds64" when large => ReadLargeSizes(size, source, out largeData),
                _ => 0,
            };
            var padded = (long)size + (size & 1);
            source.Skip(padded - used, $"the chunk '{Printable(id)}'");
            position += padded;
        }

        throw source.Error($"there are more than {MaxChunks} chunks before 'data'.");
    }

    private static int ReadFormat(uint size, ByteSource source, out WavFormat? format)
    {
        if (size < 16)
        {
            throw source.Error($"the 'fmt ' chunk has {size} bytes, but at least 16 were expected.");
        }

        Span<byte> chunk = stackalloc byte[(int)Math.Min(size, 40)];
        source.ReadExactly(chunk, "the 'fmt ' chunk");
        format = WavFormat.Parse(chunk, source);
        return chunk.Length;
    }

    private static int ReadLargeSizes(uint size, ByteSource source, out long? dataBytes)
    {
        if (size < 24)
        {
            throw source.Error($"the 'ds64' chunk has {size} bytes, but at least 24 were expected.");
        }

        Span<byte> chunk = stackalloc byte[24];
        source.ReadExactly(chunk, "the 'ds64' chunk");
        var bytes = BinaryPrimitives.ReadUInt64LittleEndian(chunk[8..]);
        dataBytes = bytes <= long.MaxValue ? (long)bytes : throw source.Error($"the 'ds64' chunk states {bytes} bytes of samples, more than any file has.");
        return chunk.Length;
    }

    private static long? DataSize(uint size, long? large, long riffEnd, long position)
    {
        if (size == Open)
        {
            return large;
        }

        // A size of 0 means an unfinished recording, unless the size of the file shows that other chunks follow.
        var finished = riffEnd != 8 + (long)Open && riffEnd > position;
        return size == 0 && !finished ? null : size;
    }

    private static string NotWav(string magic, int read) => magic switch
    {
        _ when read < 12 => $"there are only {read} bytes, so this is no WAV file.",
        "RIFX" => "big-endian WAV (RIFX) is not read.",
        "riff" => "Wave64 is not read, WAV and RF64 are.",
        "fLaC" => "this is a FLAC file; WAV is read.",
        "OggS" => "this is an Ogg file; WAV is read.",
        "FORM" => "this is an AIFF file; WAV is read.",
        _ when magic.StartsWith("ID3", StringComparison.Ordinal) => "this is an MP3 file; WAV is read.",
        "RIFF" or "RF64" or "BW64" => "this is a RIFF file, but not of the WAVE kind.",
        _ => $"this is no WAV file: it begins with '{Printable(magic)}' instead of 'RIFF'.",
    };

    private static string Printable(string id) => string.Concat(id.Select(c => c is >= ' ' and <= '~' ? c : '?'));
}

/// <summary>The checked contents of a WAV file's <c>fmt </c> chunk.</summary>
internal sealed record WavFormat(AudioSampleFormat Encoding, int Channels, int SampleRate)
{
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

        var format = new WavFormat(EncodingOf(tag, bits, source), channels, (int)sampleRate);
        if (bytesPerFrame != format.BytesPerFrame)
        {
            throw source.Error($"a frame of {channels} channels of {bits} bits has {format.BytesPerFrame} bytes, but the header states {bytesPerFrame}.");
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
        _ => throw source.Error($"format {tag} (0x{tag:x4}) with {bits} bits is not supported; PCM up to 32 bits, float 32 and 64, A-law and µ-law are."),
    };
}
