using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using AudioCraft.Formats;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>
/// The zip format of <c>torch.save</c>: <c>NAME/data.pkl</c> and, for each storage, <c>NAME/data/KEY</c>, normally without compression.
/// Only the central directory is read here; every offset and size in it is compared with the size of the file.
/// </summary>
internal sealed class TorchZip
{
    /// <summary>The largest supported pickle. Pickles of released checkpoints are below 1 MB.</summary>
    public const long MaximumPickleBytes = 64 << 20;

    /// <summary>The largest uncompressed size of all deflated entries together, relative to the size of the file. Weights compress far less.</summary>
    private const long MaximumGrowth = 32;

    /// <summary>Uncompressed bytes of deflated entries that are accepted in any file.</summary>
    private const long AlwaysAccepted = 4 << 20;

    private const int EndLength = 22, EntryLength = 46, LocalLength = 30, Zip64EndLength = 56, LocatorLength = 20, MaximumComment = ushort.MaxValue;

    private static ReadOnlySpan<byte> EndMark => "PK\x05\x06"u8;

    private readonly CheckpointFile file;
    private readonly OrderedDictionary<string, Entry> entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TorchStorage> storages = new(StringComparer.Ordinal);
    private readonly string folder;
    private long inflatedBytes;

    public TorchZip(CheckpointFile file)
    {
        this.file = file;
        ReadDirectory();
        var pickles = entries.Keys.Where(n => n.EndsWith("/data.pkl", StringComparison.Ordinal) && n.IndexOf('/', StringComparison.Ordinal) == n.Length - 9).ToList();
        folder = pickles is [var only]
            ? only[..^"data.pkl".Length]
            : throw new CheckpointException($"{file.Path} is a zip file, but was not written by torch.save: it has {pickles.Count} entries named NAME/data.pkl, not one.");
        if (entries.ContainsKey(folder + "byteorder") && Encoding.ASCII.GetString(Bytes(folder + "byteorder", 16).ReadAll()) != "little")
        {
            throw new CheckpointException($"{file.Path} was written on a big-endian machine, which is not supported.");
        }
    }

    /// <summary>Reads the saved object.</summary>
    public object? ReadRoot() => PickleReader.Read(new PickleInput(Bytes(folder + "data.pkl", MaximumPickleBytes).ReadAll(), file.Path), Storage);

    /// <summary><c>('storage', class, key, location, count)</c>.</summary>
    private TorchStorage Storage(PickleList id)
    {
        if (id is not ["storage", TorchStorageType type, string key, string, long count] || count < 0)
        {
            throw new CheckpointException($"{file.Path}: the pickle has a persistent id that is not a storage.");
        }

        if (!storages.TryGetValue(key, out var storage))
        {
            var bytes = Bytes($"{folder}data/{key}", long.MaxValue);
            var size = type.DType is { } dtype ? ElementTypes.SizeOf(dtype) : 1;
            if (count > bytes.Length / size)
            {
                throw new CheckpointException($"{file.Path}: storage '{PrintableText.Of(key)}' has {bytes.Length} bytes, too few for {count} elements of {type.Name}.");
            }

            storage = new TorchStorage(bytes, type.DType, 0, count);
            storages.Add(key, storage);
        }

        return storage.DType == type.DType && storage.Count == count
            ? storage
            : throw new CheckpointException($"{file.Path}: the references to storage '{PrintableText.Of(key)}' differ in type or size.");
    }

    /// <summary>The range of an entry: it follows the local header of the entry, which has a variable length.</summary>
    private TorchBytes Bytes(string name, long limit)
    {
        if (!entries.TryGetValue(name, out var entry))
        {
            throw new CheckpointException($"{file.Path}: the zip file has no entry '{PrintableText.Of(name)}'.");
        }

        if ((entry.Flags & 1) != 0 || entry.Method is not (0 or 8))
        {
            throw new CheckpointException($"{file.Path}: entry '{PrintableText.Of(name)}' is encrypted or compressed with method {entry.Method}; only stored and deflated entries are supported.");
        }

        inflatedBytes += entry.Method == 8 ? Math.Min(entry.Length, long.MaxValue - inflatedBytes) : 0;
        if (entry.Length > limit || (inflatedBytes > AlwaysAccepted && inflatedBytes / MaximumGrowth > file.Length))
        {
            throw new CheckpointException(
                $"{file.Path}: with entry '{PrintableText.Of(name)}' of {entry.Length} bytes, the compressed entries expand beyond the limit of {MaximumGrowth} times the file size.");
        }

        var header = file.ReadBytes(entry.HeaderStart, LocalLength);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != 0x04034b50)
        {
            throw new CheckpointException($"{file.Path}: there is no local header of entry '{PrintableText.Of(name)}' at the offset in the central directory.");
        }

        var start = entry.HeaderStart + LocalLength + BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(26)) + BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(28));
        return new TorchBytes(file, $"entry '{PrintableText.Of(name)}'").At(start, entry.Length, entry.PackedLength, entry.Method == 8);
    }

    private void ReadDirectory()
    {
        var (start, length, count) = FindDirectory();
        if (length > MaximumPickleBytes || count > length / EntryLength)
        {
            throw new CheckpointException($"{file.Path}: the central directory of {length} bytes is too large, or too small for {count} entries.");
        }

        ReadOnlySpan<byte> directory = file.ReadBytes(start, length);
        for (long i = 0; i < count; i++)
        {
            if (directory.Length < EntryLength || BinaryPrimitives.ReadUInt32LittleEndian(directory) != 0x02014b50)
            {
                throw new CheckpointException($"{file.Path}: the central directory is damaged at entry {i.ToString(CultureInfo.InvariantCulture)}.");
            }

            int nameLength = UInt16(directory, 28), extraLength = UInt16(directory, 30), commentLength = UInt16(directory, 32);
            var total = EntryLength + nameLength + extraLength + commentLength;
            if (total > directory.Length)
            {
                throw new CheckpointException($"{file.Path}: the central directory is truncated.");
            }

            var name = Encoding.UTF8.GetString(directory.Slice(EntryLength, nameLength));
            var entry = Entry.Parse(directory, directory.Slice(EntryLength + nameLength, extraLength));
            if (entry.Length < 0 || entry.PackedLength < 0 || entry.HeaderStart < 0 || entry.HeaderStart > file.Length - LocalLength
                || entry.PackedLength > file.Length || (entry.Method == 0 && entry.Length != entry.PackedLength) || !entries.TryAdd(name, entry))
            {
                throw new CheckpointException($"{file.Path}: entry '{PrintableText.Of(name)}' is a duplicate, or is outside the file.");
            }

            directory = directory[total..];
        }
    }

    /// <summary>Finds the central directory: by the record at the end of the file, which a comment may follow, or by its zip64 form for values that do not fit.</summary>
    private (long Start, long Length, long Count) FindDirectory()
    {
        var tailLength = Math.Min(file.Length, EndLength + MaximumComment);
        var tailStart = file.Length - tailLength;
        ReadOnlySpan<byte> tail = file.ReadBytes(tailStart, tailLength);
        for (var i = tail.LastIndexOf(EndMark); i >= 0; i = tail[..i].LastIndexOf(EndMark))
        {
            var end = tail[i..];
            if (end.Length < EndLength || UInt16(end, 20) > end.Length - EndLength)
            {
                continue;
            }

            long count = UInt16(end, 10), length = UInt32(end, 12), start = UInt32(end, 16);
            return count == ushort.MaxValue || length == uint.MaxValue || start == uint.MaxValue ? FindLargeDirectory(tailStart + i) : (start, length, count);
        }

        throw new CheckpointException($"{file.Path} is a truncated zip file: the central directory at its end is missing.");
    }

    private (long Start, long Length, long Count) FindLargeDirectory(long endStart)
    {
        var locator = file.ReadBytes(endStart - LocatorLength, LocatorLength);
        var at = BinaryPrimitives.ReadInt64LittleEndian(locator.AsSpan(8));
        var end = BinaryPrimitives.ReadUInt32LittleEndian(locator) == 0x07064b50 ? file.ReadBytes(at, Zip64EndLength) : [];
        return end.Length > 0 && BinaryPrimitives.ReadUInt32LittleEndian(end) == 0x06064b50
            ? (Int64(end, 48), Int64(end, 40), Int64(end, 32))
            : throw new CheckpointException($"{file.Path}: there is no zip64 record at the offset in its locator.");
    }

    private static ushort UInt16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint UInt32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long Int64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);

    private sealed record Entry(int Method, int Flags, long Length, long PackedLength, long HeaderStart)
    {
        public static Entry Parse(ReadOnlySpan<byte> fixedPart, ReadOnlySpan<byte> extra)
        {
            long packed = UInt32(fixedPart, 20), length = UInt32(fixedPart, 24), start = UInt32(fixedPart, 42);
            while (extra.Length >= 4)
            {
                var size = Math.Min(UInt16(extra, 2), extra.Length - 4);
                if (UInt16(extra, 0) == 1)
                {
                    // Zip64: only the values that did not fit, in this order.
                    var field = extra.Slice(4, size);
                    length = length == uint.MaxValue ? Take(ref field) : length;
                    packed = packed == uint.MaxValue ? Take(ref field) : packed;
                    start = start == uint.MaxValue ? Take(ref field) : start;
                }

                extra = extra[(4 + size)..];
            }

            return new Entry(UInt16(fixedPart, 10), UInt16(fixedPart, 8), length, packed, start);
        }

        private static long Take(ref ReadOnlySpan<byte> field)
        {
            if (field.Length < 8)
            {
                return -1;
            }

            var value = Int64(field, 0);
            field = field[8..];
            return value;
        }
    }
}
