using System.Buffers.Binary;
using System.Text;

namespace AudioCraft.Formats;

/// <summary>What comes before the samples of a WAV file (RIFF, and RF64 of EBU Tech 3306 for more than 4 GiB). The source is left at the first sample.</summary>
/// <param name="Format">How the samples are stored.</param>
/// <param name="DataBytes">Bytes of samples, or null where they go on to the end of the file: programs that write to a pipe leave the size 0 or 0xFFFFFFFF.</param>
internal sealed record WavHeader(WavFormat Format, long? DataBytes)
{
    /// <summary>Files in the wild have a dozen. Without a limit, a file of nothing but empty chunks takes minutes.</summary>
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
        dataBytes = bytes <= long.MaxValue ? (long)bytes : throw source.Error($"the 'ds64' chunk gives {bytes} bytes of samples, more than any file has.");
        return chunk.Length;
    }

    private static long? DataSize(uint size, long? large, long riffEnd, long position)
    {
        if (size == Open)
        {
            return large;
        }

        // A size of 0 is that of a recording that was never finished, unless the file as a whole says that it goes on behind an empty chunk.
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
