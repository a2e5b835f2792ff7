using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Microsoft.Extensions.Logging;

namespace AudioCraft.Formats;

/// <summary>
/// The header of a WAV file: RIFF, RIFX (big-endian), RF64 and BW64 of EBU Tech 3306 and ITU-R BS.2088, and Sony's Wave64. Parsing leaves the source at the first sample.
/// Headers that real programs write wrongly are accepted: sizes that a writer to a pipe could not fill in, sizes that count the header too or wrap at 4 GiB, odd chunks without
/// their pad byte, and the chunks in another order.
/// </summary>
/// <param name="Format">The sample format.</param>
/// <param name="DataBytes">The number of bytes of samples; null if they extend to the end of the file.</param>
/// <param name="Source">Where the samples are read: the parsed source, or a copy of the samples if they came before the format in a pipe.</param>
internal sealed record WavHeader(WavFormat Format, long? DataBytes, ByteSource Source)
{
    /// <summary>Real files have about a dozen chunks. Without a limit, a file of empty chunks takes minutes.</summary>
    private const int MaxChunks = 1024;

    /// <summary>Sizes from here on are what programs write whose output cannot seek: 0x7FFF0000, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, minus the header.</summary>
    private const long Streamed = 0x7FFF0000;

    /// <summary>Sizes of 64 bits from here on are larger than any file: the writer could not seek.</summary>
    private const long LargeStreamed = 1L << 62;

    /// <summary>The bytes after the samples that are looked at.</summary>
    private const int Looked = 1 << 16;

    /// <summary>Up to this many bytes after a file with consistent sizes are not samples.</summary>
    private const int MaxTrailer = 4096;

    private static readonly SearchValues<byte> Text = SearchValues.Create([.. "\t\n\f\r"u8, .. Enumerable.Range(' ', '~' - ' ' + 1).Select(value => (byte)value)]);

    private const string Data = "data", FormatChunk = "fmt ";

    private static readonly HashSet<string> KnownChunks =
        [FormatChunk, Data, "fact", "LIST", "JUNK", "junk", "bext", "cue ", "smpl", "inst", "PEAK", "id3 ", "ID3 ", "iXML", "axml", "chna", "PAD ", "FLLR", "DISP", "afsp", "_PMX", "cart", "umid", "wavl", "slnt", "plst", "labl", "note", "ds64",
            "acid", "strc", "levl", "minf", "regn", "link", "xmp ", "bxml", "sxml", "dbmd", "(c) "];

    /// <summary>How many bytes of samples may be missing: the header states more than the writer can have known.</summary>
    public long MayLack { get; private init; }

    /// <summary>Whether samples may follow after <see cref="DataBytes"/>. Known only at the end of a pipe.</summary>
    public bool MayContinue { get; private init; }

    /// <summary>The container.</summary>
    public WavKind Kind { get; private init; }

    /// <summary>The bytes between the end of the samples and the end of the RIFF chunk, as the header states them; negative if the sizes contradict each other.</summary>
    public long BytesAfterData { get; private init; }

    /// <summary>Parses the header.</summary>
    /// <param name="source">The file.</param>
    /// <param name="logger">Receives a warning where the header is wrong, or null.</param>
    /// <param name="maxEarlyBytes">The most bytes of samples that are copied where they come before the format in a pipe.</param>
    /// <exception cref="AudioFormatException">The file is not WAV, is damaged, or has more samples before the format.</exception>
    public static WavHeader Parse(ByteSource source, ILogger? logger = null, long maxEarlyBytes = long.MaxValue)
    {
        var (kind, riffBytes) = ReadRiff(source);
        return new Parser(source, kind, riffBytes, logger, maxEarlyBytes).Run();
    }

    /// <summary>What follows the samples. The source stays where it is.</summary>
    /// <param name="source">The file, at the end of the samples.</param>
    /// <param name="kind">The container.</param>
    /// <param name="size">The size of the 'data' chunk.</param>
    /// <param name="inside">See <see cref="BytesAfterData"/>.</param>
    public static AfterSamples Following(ByteSource source, WavKind kind, long size, long inside)
    {
        var padding = kind.Padding(size);
        if (FindData(source, kind, 0) >= 0 || padding > 0 && FindData(source, kind, padding) >= 0)
        {
            return AfterSamples.Data;
        }

        return IsEnd(source, kind, inside) ? AfterSamples.End
            : size > 0 && (inside == 0 || inside == padding) && IsTrailer(source.Peek(Looked)) ? AfterSamples.OtherBytes
            : AfterSamples.Samples;
    }

    /// <summary>
    /// Whether bytes after a file with consistent sizes are not samples: they are few, text, or one value. Otherwise they are read, since a recorder that was stopped
    /// leaves both sizes as they were at the last update.
    /// </summary>
    private static bool IsTrailer(ReadOnlySpan<byte> bytes) =>
        bytes.Length <= MaxTrailer || bytes.IndexOfAnyExcept(bytes[0]) < 0 || bytes.IndexOfAnyExcept(Text) < 0;

    /// <summary>The offset of the next 'data' chunk that begins within the bytes looked at, after other complete chunks; or -1.</summary>
    private static int FindData(ByteSource source, WavKind kind, int start)
    {
        var ahead = source.Peek(Looked);
        for (long at = start; at + kind.HeadBytes() <= ahead.Length && IsId(ahead.Slice((int)at, 4));)
        {
            if (ahead[(int)at..].StartsWith("data"u8))
            {
                return (int)at;
            }

            var size = kind.SizeAt(ahead[((int)at + kind.HeadBytes() - kind.SizeBytes())..]);
            if (size < 0 || size > ahead.Length)
            {
                break;
            }

            at += kind.HeadBytes() + size + kind.Padding(size);
        }

        return -1;
    }

    /// <summary>Whether bytes after the samples are chunks, tags or padding, and not more samples.</summary>
    private static bool IsEnd(ByteSource source, WavKind kind, long inside)
    {
        var remaining = source.Remaining;
        var ahead = source.Peek(Looked);
        if (ahead.Length < 8)
        {
            return true;
        }

        var rest = remaining ?? (ahead.Length < Looked ? ahead.Length : inside > 0 ? Math.Min(inside, int.MaxValue) : int.MaxValue);
        return IsChunk(ahead, 0) || IsChunk(ahead, 1) || IsWholeChunk(ahead)
            || ahead.StartsWith("TAG"u8) || ahead.StartsWith("ID3"u8) || ahead.StartsWith("APETAGEX"u8) || ahead.StartsWith("LYRICSBEGIN"u8)
            || ahead.IndexOfAnyExcept((byte)0) < 0 && IsZero(source, remaining);

        bool IsChunk(ReadOnlySpan<byte> bytes, int at)
        {
            if (bytes.Length < at + kind.HeadBytes())
            {
                return false;
            }

            var id = bytes.Slice(at, 4);
            var size = kind.SizeAt(bytes[(at + kind.HeadBytes() - kind.SizeBytes())..]);
            return KnownChunks.Contains(Encoding.Latin1.GetString(id)) || IsId(id) && size >= 0 && size <= rest - at - 8 + 1;
        }

        // With any printable name, if the chunk ends exactly where the RIFF chunk does.
        bool IsWholeChunk(ReadOnlySpan<byte> bytes)
        {
            if (bytes.Length < kind.HeadBytes() || bytes[..4].IndexOfAnyExceptInRange((byte)' ', (byte)'~') >= 0)
            {
                return false;
            }

            var size = kind.SizeAt(bytes[(kind.HeadBytes() - kind.SizeBytes())..]);
            return size >= 0 && size < long.MaxValue / 2 && (kind.HeadBytes() + size == inside || kind.HeadBytes() + size + kind.Padding(size) == inside);
        }
    }

    /// <summary>Whether a source has nothing but zeros up to its end. The source stays where it is; of a pipe, only the bytes that were read ahead are known.</summary>
    private static bool IsZero(ByteSource source, long? remaining)
    {
        if (remaining is null || source.Position is not { } position)
        {
            return true;
        }

        var block = new byte[1 << 16];
        var isZero = true;
        while (isZero && source.Read(block) is var read and > 0)
        {
            isZero = block.AsSpan(0, read).IndexOfAnyExcept((byte)0) < 0;
        }

        source.Seek(position);
        return isZero;
    }

    /// <summary>Letters, digits, spaces and the punctuation that chunk names have.</summary>
    private static bool IsId(ReadOnlySpan<byte> id)
    {
        foreach (var value in id)
        {
            if (!char.IsAsciiLetterOrDigit((char)value) && value is not ((byte)' ' or (byte)'_' or (byte)'-' or (byte)'.'))
            {
                return false;
            }
        }

        return id[0] != ' ';
    }

    private static (WavKind Kind, long Bytes) ReadRiff(ByteSource source)
    {
        SkipTags(source);
        var start = source.Peek(FileSignature.HeadBytes);
        WavKind? kind = start.Length < 12 ? null
            : start[8..].StartsWith("WAVE"u8) ? start switch
            {
                _ when start.StartsWith("RIFF"u8) => WavKind.Riff,
                _ when start.StartsWith("RIFX"u8) => WavKind.Rifx,
                _ when start.StartsWith("RF64"u8) || start.StartsWith("BW64"u8) => WavKind.Rf64,
                _ => null,
            }
            : start.Length >= 40 && start.StartsWith(Wave64.Riff) && start[24..].StartsWith(Wave64.Wave) ? WavKind.Wave64
            : null;
        if (kind is not { } found)
        {
            throw source.Error(NotWav(start));
        }

        Span<byte> head = stackalloc byte[40];
        head = head[..(found == WavKind.Wave64 ? 40 : 12)];
        source.ReadExactly(head, "the RIFF header");
        return (found, found == WavKind.Wave64 ? BinaryPrimitives.ReadInt64LittleEndian(head[16..]) : 8 + found.SizeAt(head[4..]));
    }

    /// <summary>Skips ID3 tags before the RIFF header, which some tag editors write.</summary>
    private static void SkipTags(ByteSource source)
    {
        for (var tags = 0; tags < 4 && source.Peek(10) is { Length: 10 } head && head.StartsWith("ID3"u8) && head[3] < 0xFF && ((head[6] | head[7] | head[8] | head[9]) & 0x80) == 0; tags++)
        {
            var size = (head[6] << 21) | (head[7] << 14) | (head[8] << 7) | head[9];
            try
            {
                source.Skip(10 + size + ((head[5] & 0x10) != 0 ? 10 : 0), "the ID3 tag");
            }
            catch (AudioFormatException error)
            {
                throw new AudioFormatException($"{error.Message} An ID3 tag is usually the beginning of an MP3 file: copy or download the file again.", error);
            }

            // What follows a tag is usually MP3.
            var next = source.Peek(4);
            if (!(next.StartsWith("RIF"u8) || next.StartsWith("RF64"u8) || next.StartsWith("BW64"u8) || next.StartsWith("riff"u8) || next.StartsWith("ID3"u8) || next.StartsWith("fLaC"u8)))
            {
                throw source.Error(Advise(new FileSignature("an MP3 file", FileContent.Audio)));
            }
        }
    }

    private static string NotWav(ReadOnlySpan<byte> head)
    {
        if (head.Length < 12 && (head.IsEmpty || "RIFF"u8.StartsWith(head[..Math.Min(4, head.Length)])))
        {
            return $"there are only {head.Length} bytes, so this is not a WAV file: it is {(head.IsEmpty ? "empty" : "cut off")}; copy or download the file again.";
        }

        return FileSignature.Identify(head) is { } found
            ? Advise(found)
            : $"the audio format is not recognized: the file begins with '{FileSignature.Printable(Encoding.Latin1.GetString(head[..Math.Min(4, head.Length)]))}' instead of 'RIFF'.";
    }

    private static string Advise(FileSignature found) => found.Content == FileContent.Audio
        ? $"this is {found.Name}, but only WAV is read here: use NAudioFile (package AudioCraft.NAudio), or {found.Advice}."
        : $"this is {found.Name}, not a WAV file: {found.Advice}.";

    /// <summary>Parses the chunks.</summary>
    private sealed class Parser(ByteSource source, WavKind kind, long riffEnd, ILogger? logger, long maxEarlyBytes)
    {
        private readonly byte[] head = new byte[kind.HeadBytes()];
        private long position = kind == WavKind.Wave64 ? 40 : 12;
        private long? largeData;
        private WavFormat? format;
        private (long Bytes, ByteSource Source, long? Position)? earlyData;

        public WavHeader Run()
        {
            for (var chunk = 0; chunk < MaxChunks; chunk++)
            {
                if (source.Read(head) < head.Length)
                {
                    throw earlyData is null
                        ? source.Error("the file ends before its 'data' chunk: it was cut off, or the recording was not saved; copy or download the file again.")
                        : source.Error("the file has no 'fmt ' chunk, which states the sample rate.");
                }

                position += head.Length;
                var id = Encoding.Latin1.GetString(head, 0, 4);
                var size = kind.SizeAt(head.AsSpan(head.Length - kind.SizeBytes()));
                if (size < 0)
                {
                    throw source.Error($"the chunk '{FileSignature.Printable(id)}' states a negative size.");
                }

                if (id == Data && size == 0 && FindData(source, kind, 0) is var next and >= 0)
                {
                    // Some recorders leave an empty chunk in front.
                    if (format is not null)
                    {
                        source.Skip(next, "the chunks after an empty 'data' chunk");
                        position += next;
                    }

                    Note("The first 'data' chunk is empty: the next one was read.");
                    continue;
                }

                if (id == Data && format is not null)
                {
                    return AtData(size) with { Kind = kind, BytesAfterData = After(size) };
                }

                if (id == Data && earlyData is null)
                {
                    KeepData(size);
                }
                else
                {
                    ReadChunk(id, size);
                }

                position += size;
                SkipPadding(size);
                if (earlyData is { } data && format is not null)
                {
                    if (FindData(source, kind, 0) >= 0)
                    {
                        Note(AfterSamples.Data.Ignored()!);
                    }

                    if (data.Position is { } start)
                    {
                        source.Seek(start);
                    }

                    Note("The 'data' chunk comes before 'fmt '.");
                    return new WavHeader(format, data.Bytes, data.Source);
                }
            }

            throw source.Error($"there are more than {MaxChunks} chunks before 'data'.");
        }

        private void ReadChunk(string id, long size)
        {
            var used = id switch
            {
                FormatChunk => ReadFormat(size),
                "ds64" when kind == WavKind.Rf64 => ReadLargeSizes(size),
                _ => 0,
            };
            source.Skip(size - used, $"the chunk '{FileSignature.Printable(id)}'");
        }

        private int ReadFormat(long size)
        {
            if (size < 16)
            {
                throw source.Error($"the 'fmt ' chunk has {size} bytes, but at least 16 were expected.");
            }

            Span<byte> chunk = stackalloc byte[(int)Math.Min(size, 40)];
            source.ReadExactly(chunk, "the 'fmt ' chunk");
            format = WavFormat.Parse(chunk, source, kind == WavKind.Rifx);
            return chunk.Length;
        }

        private int ReadLargeSizes(long size)
        {
            if (size < 24)
            {
                throw source.Error($"the 'ds64' chunk has {size} bytes, but at least 24 were expected.");
            }

            Span<byte> chunk = stackalloc byte[24];
            source.ReadExactly(chunk, "the 'ds64' chunk");
            riffEnd = (long)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(chunk), long.MaxValue - 8) + 8;

            // All bits set: the writer could not fill in the size.
            var bytes = BinaryPrimitives.ReadUInt64LittleEndian(chunk[8..]);
            largeData = bytes <= long.MaxValue ? (long)bytes : bytes == ulong.MaxValue ? null
                : throw source.Error($"the 'ds64' chunk states {bytes} bytes of samples, more than any file has.");
            return chunk.Length;
        }

        /// <summary>Chunks begin at even positions, but some writers omit the byte between an odd chunk and the next one.</summary>
        private void SkipPadding(long size)
        {
            if (kind == WavKind.Wave64)
            {
                var padding = kind.Padding(size);
                source.Skip(Math.Min(padding, source.Remaining ?? padding), "the padding");
                position += padding;
                return;
            }

            var ahead = source.Peek(5);
            if ((size & 1) == 0 || ahead.IsEmpty)
            {
                return;
            }

            var isPadded = ahead[0] == 0 || ahead.Length < 5 || !IsId(ahead[..4]) || KnownChunks.Contains(Encoding.Latin1.GetString(ahead[1..]));
            if (isPadded)
            {
                source.Skip(1, "the padding");
                position++;
            }
            else
            {
                Note("An odd chunk has no pad byte.");
            }
        }

        /// <summary>Remembers samples that come before the format.</summary>
        private void KeepData(long size)
        {
            if (IsStreamed(size))
            {
                throw source.Error("the 'data' chunk has no size and comes before 'fmt ', so its end is unknown.");
            }

            if (source.Position is { } start)
            {
                earlyData = (size, source, start);
                source.Skip(size, "the 'data' chunk");
                return;
            }

            var copy = source.Copy(size, maxEarlyBytes, out var isWhole);
            if (copy.Remaining < size)
            {
                throw isWhole ? source.Truncated("the 'data' chunk", size, copy.Remaining!.Value)
                    : source.Error($"the 'data' chunk of {size} bytes comes before 'fmt ', and more than {copy.Remaining} bytes of a pipe cannot be kept until then: save the audio as a file first, or allow more samples.");
            }

            earlyData = (size, copy, null);
        }

        private WavHeader AtData(long size)
        {
            if (kind == WavKind.Rf64 && size == uint.MaxValue)
            {
                size = largeData ?? long.MaxValue;
            }

            var isStreamed = IsStreamed(size);
            if (source.Remaining is not { } remaining)
            {
                // A pipe's end shows whether a size was right.
                var isOpen = size == 0 && IsUnfinished() || size is >= LargeStreamed or uint.MaxValue;
                if (isOpen)
                {
                    Note("The header has no size, as in the output of a pipe: the samples are read to the end.");
                }

                return new WavHeader(format!, isOpen ? null : size, source)
                {
                    MayLack = isStreamed ? long.MaxValue : position,
                    MayContinue = true,
                };
            }

            if (size > remaining)
            {
                if (!isStreamed && size - remaining > position)
                {
                    throw source.Error(
                        $"the 'data' chunk should have {size} bytes, but the file ends after {remaining}: it was cut off; copy or download the file again.");
                }

                Note(isStreamed ? "The header has no size, as in the output of a pipe: the samples were read to the end of the file."
                    : $"The header states {size} bytes of samples, but the file has {remaining}: all of them were read.");
                return new WavHeader(format!, null, source);
            }

            if (size == 0 && (IsUnfinished() || !IsEnd(source, kind, After(size))) && remaining > 0)
            {
                Note("The header states no samples, as in an unfinished recording: the file was read to its end.");
                return new WavHeader(format!, null, source);
            }

            if (size > 0 && Continues(size, remaining))
            {
                Note($"The header states {size} bytes of samples, but {remaining} follow, as above 4 GiB: all of them were read.");
                return new WavHeader(format!, null, source);
            }

            return new WavHeader(format!, size, source);
        }

        /// <summary>Whether more samples follow after the stated size.</summary>
        private bool Continues(long size, long remaining)
        {
            const long Wrap = 1L << 32;
            if (kind is not (WavKind.Rf64 or WavKind.Wave64) && remaining - size >= Wrap - (1 << 16))
            {
                return true;
            }

            var start = source.Position!.Value;
            source.Seek(start + size);
            var following = Following(source, kind, size, After(size));
            source.Seek(start);
            if (following.Ignored() is { } ignored)
            {
                Note(ignored);
            }

            return following == AfterSamples.Samples;
        }

        private long After(long size) => size < LargeStreamed ? riffEnd - position - size : -1;

        // A size of 0 means an unfinished recording, unless the size of the file shows that other chunks follow.
        private bool IsUnfinished() => riffEnd == 8 + (long)uint.MaxValue || riffEnd >= LargeStreamed || riffEnd <= position;

        private bool IsStreamed(long size) => kind is WavKind.Riff or WavKind.Rifx ? size >= Streamed : size is >= LargeStreamed or uint.MaxValue;

        private void Note(string note)
        {
            if (logger is not null)
            {
                WavLog.Note(logger, source.Name, note);
            }
        }
    }
}

/// <summary>The containers of WAV chunks.</summary>
internal enum WavKind
{
    /// <summary>32-bit sizes.</summary>
    Riff,

    /// <summary>32-bit sizes, big-endian as the samples.</summary>
    Rifx,

    /// <summary>RIFF with 64-bit sizes in a <c>ds64</c> chunk.</summary>
    Rf64,

    /// <summary>Sony's format: GUIDs and 64-bit sizes, chunks aligned to 8 bytes.</summary>
    Wave64,
}

/// <summary>What follows the stated number of samples.</summary>
internal enum AfterSamples
{
    /// <summary>Nothing, or chunks, tags or padding.</summary>
    End,

    /// <summary>More samples: the stated size is too small.</summary>
    Samples,

    /// <summary>Another 'data' chunk.</summary>
    Data,

    /// <summary>Other bytes, after a file whose sizes are consistent.</summary>
    OtherBytes,
}

/// <summary>Chunk heads: a name and a size.</summary>
internal static class WavKinds
{
    public static int HeadBytes(this WavKind kind) => kind == WavKind.Wave64 ? 24 : 8;

    public static int SizeBytes(this WavKind kind) => kind == WavKind.Wave64 ? 8 : 4;

    /// <summary>The bytes between a chunk of a size and the next one.</summary>
    public static int Padding(this WavKind kind, long size) => (int)(kind == WavKind.Wave64 ? -size & 7 : size & 1);

    /// <summary>The bytes that follow a chunk's head; <see cref="long.MaxValue"/> where a Wave64 header states no size.</summary>
    public static long SizeAt(this WavKind kind, ReadOnlySpan<byte> size) => kind switch
    {
        WavKind.Rifx => BinaryPrimitives.ReadUInt32BigEndian(size),
        WavKind.Wave64 => BinaryPrimitives.ReadInt64LittleEndian(size) switch
        {
            // As written to a pipe.
            0 or -1 or > long.MaxValue - 24 => long.MaxValue,
            < 0 => -1,
            var bytes => bytes - 24,
        },
        _ => BinaryPrimitives.ReadUInt32LittleEndian(size),
    };
}

/// <summary>Notes on what follows the samples.</summary>
internal static class AfterSamplesNotes
{
    /// <summary>The note where something is ignored; null otherwise.</summary>
    public static string? Ignored(this AfterSamples following) => following switch
    {
        AfterSamples.Data => "There is more than one 'data' chunk: only the samples of the first one were read.",
        AfterSamples.OtherBytes => "Bytes that are neither samples nor chunks follow the end of the RIFF chunk: they were ignored.",
        _ => null,
    };
}

/// <summary>The GUIDs of Wave64.</summary>
internal static class Wave64
{
    public static ReadOnlySpan<byte> Riff => [(byte)'r', (byte)'i', (byte)'f', (byte)'f', 0x2E, 0x91, 0xCF, 0x11, 0xA5, 0xD6, 0x28, 0xDB, 0x04, 0xC1, 0, 0];

    public static ReadOnlySpan<byte> Wave => [(byte)'w', (byte)'a', (byte)'v', (byte)'e', 0xF3, 0xAC, 0xD3, 0x11, 0x8C, 0xD1, 0, 0xC0, 0x4F, 0x8E, 0xDB, 0x8A];
}

/// <summary>Log messages of the WAV reader.</summary>
internal static partial class WavLog
{
    [LoggerMessage(EventId = 130, Level = LogLevel.Warning, Message = "{File}: {Note}")]
    public static partial void Note(ILogger logger, string file, string note);
}
